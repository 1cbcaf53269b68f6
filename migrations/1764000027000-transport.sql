-- Whether this workspace's mail leaves. A lost SMTP_URL must not turn real mails into rows of the dev mailbox without a word,
-- and the demo's invented people must never be written to.
alter table workspace
  -- Since when mailers have sent by SMTP; null: never.
  add smtp_since timestamptz(3),
  -- The demo made them; their mail goes to the dev mailbox whatever the settings say.
  add has_invented_people boolean not null default false;
update workspace set smtp_since = (
  select min(finished_at) from attempts where provider not in ('', 'dev') and outcome = 'sent');
