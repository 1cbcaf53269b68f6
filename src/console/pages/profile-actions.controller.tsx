/**
 * Console: what is done to one profile: enrolled, taken out of a campaign, sent an event for, asked about topics, left alone
 * for a while. Each asks first; each is written down in the transaction that does it.
 */
import { randomUUID } from 'node:crypto';
import { Body, Get, HttpException, Inject, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import {
  exitEnrolment,
  loadEnrolment,
  type StoredEnrolment,
} from '../../campaigns/enrolments.sql.js';
import { recordAction } from '../../core/audit.js';
import { DAY_MS } from '../../core/instant.js';
import type { ConnectionSource, Queryable } from '../../core/queryable.js';
import { CONNECTIONS, WAKE_UPS } from '../../core/tokens.js';
import { inTransaction } from '../../core/transaction.js';
import type { WakeUps } from '../../core/wake-up.js';
import { currentReads, loadLive } from '../../definitions/load-definitions.js';
import { countSendLog } from '../../delivery/send-log-counts.sql.js';
import { awaitOutcome, requestEnrolment, type EnrolAnswer } from '../../ingest/enrol-request.js';
import type { StoredProfile } from '../../ingest/profiles.sql.js';
import { readCall } from '../../ingest/read-call.js';
import { storeItems } from '../../ingest/store-items.js';
import { storeTopics } from '../../ingest/topics.sql.js';
import {
  findProfilePause,
  liftProfilePause,
  PAUSE_DAYS,
  setProfilePause,
} from '../../messages/profile-pauses.sql.js';
import { For } from '../door/for.js';
import { Page, Redirect } from '../frame/answer.js';
import { Asking, Console, optionalText, read, readId } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import { askedFields, problemOfForm, readEntry } from './entry-fields.js';
import { findShown } from './find-shown.js';
import {
  EnrolView,
  type Enrol,
  EventView,
  ExitView,
  LiftPauseOfView,
  OutcomeView,
  PauseOfView,
  TopicsView,
} from './profile-actions.view.js';
import { EVERY_TOPIC, standings } from './profile-consent.view.js';
import { nameOf, profileHref } from './profile-parts.view.js';

const enrolling = z.object({ campaign: optionalText(200) });
const enrolment = z.object({ campaign: z.string().min(1).max(200), key: z.uuid() });
const sending = z.object({
  name: z.string().trim().min(1).max(200),
  json: z.string().max(20_000),
  key: z.uuid(),
});
const reason = z.object({ why: z.string().trim().min(1).max(300) });
const pausing = reason.extend({ days: z.coerce.number().int().min(1).max(366) });
const source = z.object({ source: z.string().trim().min(1).max(300) });

/** How long an answer waits for the engine. */
const PATIENCE_MS = 5_000;
/** Before the names of topics in the form. */
const TOPIC = 'topic.';

@Console('profiles')
export class ProfileActionsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  @Get(':id/enrol')
  @For('operator')
  async askEnrol(@Param('id') text: string, @Query() query: unknown): Promise<Page> {
    const { campaign } = read(enrolling, query);
    const { profile } = await findShown(this.sql, text);
    return this.enrolPage(profile, campaign, { form: {}, problem: null });
  }

  /** Answers with what the engine decided; the same form again is the same request. */
  @Post(':id/enrol')
  @For('operator')
  async enrol(
    @Param('id') text: string,
    @Body() body: unknown,
    @Asking() { actor, now }: Visitor,
  ): Promise<Page> {
    const { campaign, key } = read(enrolment, body);
    const { profile } = await findShown(this.sql, text);
    const live = await loadLive(this.sql);
    const enter = live?.campaigns.get(campaign)?.definition.enter;
    const form = body as Record<string, unknown>;
    let entry: Record<string, unknown>;
    try {
      entry = readEntry(form, enter ? askedFields(enter) : []);
    } catch (error) {
      const problem = problemOfForm(error);
      if (problem === null) throw error;
      return this.enrolPage(profile, campaign, { form, problem });
    }
    const request = {
      campaign,
      profile: { profileId: profile.id },
      entry,
      source: actor,
      idempotencyKey: key,
      body: Buffer.from(JSON.stringify({ profile: profile.id, entry })),
    };
    const answer = await requestEnrolment(this.sql, request, now, (sql) =>
      this.record(sql, profile.id, 'profile.enrol', { actor, now }, { campaign, entry }),
    );
    const outcome = await this.decided(answer);
    return new Page({
      title: (texts) => texts.profiles.enrol,
      place: 'profiles',
      body: <OutcomeView profile={profile} campaign={campaign} outcome={outcome} />,
    });
  }

  @Get(':id/enrolments/:enrolment/exit')
  @For('operator')
  async askExit(@Param() { id, enrolment: number }: Record<string, string>): Promise<Page> {
    const { profile } = await findShown(this.sql, id!);
    const found = await this.findEnrolment(profile, number!);
    const { counts } = await countSendLog(this.sql, {
      profileId: profile.id,
      campaign: found.campaign,
      states: ['pending'],
    });
    const waiting = counts.reduce((sum, { n }) => sum + n, 0);
    return new Page({
      title: (texts) => texts.profiles.exitOf(found.campaign),
      place: 'profiles',
      body: <ExitView profile={profile} enrolment={found} waiting={waiting} />,
    });
  }

  @Post(':id/enrolments/:enrolment/exit')
  @For('operator')
  async exit(
    @Param() { id, enrolment: number }: Record<string, string>,
    @Body() body: unknown,
    @Asking() { actor, now }: Visitor,
  ): Promise<Redirect> {
    const { why } = read(reason, body);
    const { profile } = await findShown(this.sql, id!);
    const { id: enrolmentId, campaign } = await this.findEnrolment(profile, number!);
    await inTransaction(this.sql, async (sql) => {
      const ended = { id: enrolmentId, because: `exit: ${why}`, now };
      if (!(await exitEnrolment(sql, ended))) throw new HttpException('it has ended already', 409);
      const action = { action: 'enrolment.exit', subject: `enrolment/${enrolmentId}` };
      await recordAction(sql, { at: now, actor, ...action, detail: { why, campaign } });
    });
    return new Redirect(profileHref(profile.id), 'exited');
  }

  @Get(':id/event')
  @For('operator')
  async askEvent(@Param('id') text: string): Promise<Page> {
    const { profile } = await findShown(this.sql, text);
    const newest = await currentReads(this.sql);
    return new Page({
      title: (texts) => texts.profiles.sendEvent,
      place: 'profiles',
      body: (
        <EventView profile={profile} known={newest?.reads.events ?? []} formKey={randomUUID()} />
      ),
    });
  }

  /** Stored as the API would store it; the same form again is the same event. */
  @Post(':id/event')
  @For('operator')
  async sendEvent(
    @Param('id') text: string,
    @Body() body: unknown,
    @Asking() { actor, now }: Visitor,
  ): Promise<Redirect> {
    const { name, json, key } = read(sending, body);
    const { profile } = await findShown(this.sql, text);
    const { userIds, anonymousIds } = profile;
    const [userId, anonymousId] = [userIds[0], anonymousIds[0]];
    if (userId === undefined && anonymousId === undefined)
      throw new HttpException('this profile has no id by which an event could name it', 422);
    const ids = userId === undefined ? { anonymousId } : { userId };
    const call = { ...ids, event: name, properties: readEntry({ json }, []), messageId: key };
    const [part] = readCall('track', call, actor).parts;
    if ('code' in part!) throw new HttpException(part.detail, 422);
    await storeItems(this.sql, [part!], now, {
      told: () => this.wakeUps.wake('engine'),
      also: (sql, at) =>
        this.record(sql, profile.id, 'profile.event', { actor, now: at }, { event: name }),
    });
    return new Redirect(`${profileHref(profile.id)}?kind=events`, 'eventSent');
  }

  @Get(':id/topics')
  @For('operator')
  async askTopics(@Param('id') text: string): Promise<Page> {
    const { profile } = await findShown(this.sql, text);
    return new Page({
      title: (texts) => texts.profiles.changeTopics,
      place: 'profiles',
      body: <TopicsView profile={profile} topics={await this.topics(profile)} />,
    });
  }

  @Post(':id/topics')
  @For('operator')
  async changeTopics(
    @Param('id') text: string,
    @Body() body: unknown,
    @Asking() { actor, now }: Visitor,
  ): Promise<Redirect> {
    const said = read(source, body).source;
    const { profile } = await findShown(this.sql, text);
    const form = body as Record<string, unknown>;
    const changes = (await this.topics(profile)).flatMap(({ topic }) => {
      const choice = form[TOPIC + topic];
      return choice === 'yes' || choice === 'no' ? [{ topic, subscribed: choice === 'yes' }] : [];
    });
    if (changes.length === 0) return new Redirect(profileHref(profile.id));
    await inTransaction(this.sql, async (sql) => {
      const evidence = `${actor}: ${said}`;
      const statements = changes.map((one) => ({ ...one, changedAt: now, source: evidence }));
      await storeTopics(sql, profile.id, statements, now);
      const detail = { topics: changes, source: said };
      await this.record(sql, profile.id, 'profile.topics', { actor, now }, detail);
    });
    return new Redirect(profileHref(profile.id), 'topicsChanged');
  }

  @Get(':id/pause')
  @For('operator')
  async askPause(@Param('id') text: string): Promise<Page> {
    const { profile } = await findShown(this.sql, text);
    const { counts } = await countSendLog(this.sql, {
      profileId: profile.id,
      purpose: 'marketing',
      states: ['pending'],
    });
    const waiting = counts.reduce((sum, { n }) => sum + n, 0);
    return new Page({
      title: (texts) => texts.profiles.leaveAlone,
      place: 'profiles',
      body: <PauseOfView profile={profile} days={PAUSE_DAYS} waiting={waiting} />,
    });
  }

  @Post(':id/pause')
  @For('operator')
  async pause(
    @Param('id') text: string,
    @Body() body: unknown,
    @Asking() { actor, now }: Visitor,
  ): Promise<Redirect> {
    const { why, days } = read(pausing, body);
    const { profile } = await findShown(this.sql, text);
    const until = now + days * DAY_MS;
    await inTransaction(this.sql, async (sql) => {
      await setProfilePause(sql, profile.id, { until, setBy: actor, why, now });
      const detail = { why, until: new Date(until).toISOString() };
      await this.record(sql, profile.id, 'profile.pause', { actor, now }, detail);
    });
    return new Redirect(profileHref(profile.id), 'leftAlone');
  }

  @Get(':id/pause/lift')
  @For('operator')
  async askLift(@Param('id') text: string, @Asking() { now }: Visitor): Promise<Page> {
    const { profile } = await findShown(this.sql, text);
    const standing = await findProfilePause(this.sql, profile.id, now);
    if (!standing) throw new HttpException('this profile is not paused', 404);
    return new Page({
      title: (texts) => texts.profiles.liftPause,
      place: 'profiles',
      body: <LiftPauseOfView profile={profile} standing={standing} />,
    });
  }

  @Post(':id/pause/lift')
  @For('operator')
  async lift(@Param('id') text: string, @Asking() { actor, now }: Visitor): Promise<Redirect> {
    const { profile } = await findShown(this.sql, text);
    await inTransaction(this.sql, async (sql) => {
      const stood = await liftProfilePause(sql, profile.id, now);
      if (!stood) throw new HttpException('this profile is not paused', 404);
      const detail = { setBy: stood.setBy, why: stood.why };
      await this.record(sql, profile.id, 'profile.pause_lift', { actor, now }, detail);
    });
    return new Redirect(profileHref(profile.id), 'pauseLifted');
  }

  /** The form, as it was typed where something is wrong with it. */
  private async enrolPage(
    profile: StoredProfile,
    campaign: string | undefined,
    typed: Pick<Enrol, 'form' | 'problem'>,
  ): Promise<Page> {
    const live = await loadLive(this.sql);
    const definition = campaign === undefined ? null : live?.campaigns.get(campaign)?.definition;
    if (definition === undefined) throw new HttpException('there is no such campaign', 404);
    const open = [...(live?.campaigns ?? [])].filter(([, one]) => !one.definition.draft);
    return new Page({
      title: (texts) => texts.profiles.enrol,
      place: 'profiles',
      status: typed.problem === null ? 200 : 422,
      body: (
        <EnrolView
          profile={profile}
          campaigns={open.map(([id]) => id)}
          campaign={definition?.id ?? null}
          fields={definition ? askedFields(definition.enter) : []}
          formKey={randomUUID()}
          {...typed}
        />
      ),
    });
  }

  private async decided(answer: EnrolAnswer): Promise<EnrolAnswer> {
    if (answer.kind !== 'pending') return answer;
    this.wakeUps.wake('engine');
    const outcome = await awaitOutcome(this.sql, answer.request, PATIENCE_MS);
    return outcome ? { kind: 'decided', outcome } : answer;
  }

  /** Every topic that there is something to say about; `*` always. */
  private async topics(profile: StoredProfile): Promise<ReturnType<typeof standings>> {
    const newest = await currentReads(this.sql);
    const all = standings(profile.topics, newest?.project.topics ?? {});
    if (all.some(({ topic }) => topic === EVERY_TOPIC)) return all;
    return [
      { topic: EVERY_TOPIC, name: null, subscribed: true, outweighed: false, said: null },
      ...all,
    ];
  }

  private async findEnrolment(profile: StoredProfile, text: string): Promise<StoredEnrolment> {
    const found = await loadEnrolment(this.sql, readId(text));
    if (!found || found.profileId !== profile.id)
      throw new HttpException(`${nameOf(profile)} has no such enrolment`, 404);
    return found;
  }

  private async record(
    sql: Queryable,
    profileId: number,
    action: string,
    { actor, now }: { actor: string; now: number },
    detail: Record<string, unknown>,
  ): Promise<void> {
    const subject = `profile/${profileId}`;
    await recordAction(sql, { at: now, actor, action, subject, detail });
  }
}
