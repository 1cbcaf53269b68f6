import { parseSmtpUrl } from './smtp-url.js';

it('takes a URL apart and fills in the rest', () => {
  expect(
    parseSmtpUrl(
      'smtps://me%40acme.example:p%2Fw@smtp.acme.example?connections=20&name=mx.acme.example',
    ),
  ).toEqual({
    host: 'smtp.acme.example',
    port: 465,
    secure: true,
    auth: { user: 'me@acme.example', pass: 'p/w' },
    connections: 20,
    mailsPerConnection: 100,
    tls: 'offered',
    name: 'mx.acme.example',
    provider: 'smtp.acme.example',
  });
  expect(parseSmtpUrl('smtp://[::1]', 5)).toMatchObject({
    host: '::1',
    port: 587,
    secure: false,
    auth: null,
    connections: 5,
  });
});

it.each([
  ['http://smtp.example', /must look like/],
  ['smtp.example:25', /must look like/],
  ['smtp://h?conections=3', /unknown parameter "conections"/],
  ['smtp://h?connections=0', /connections is a whole number from 1 to 200/],
  ['smtp://h?connections=1e3', /connections is a whole number/],
  ['smtp://h?tls=maybe', /tls is require, offered or ignore/],
])('refuses %s', (url, problem) => {
  expect(() => parseSmtpUrl(url)).toThrow(problem);
});

it('never shows the password', () => {
  expect(() => parseSmtpUrl('smtp://user:secret@h?connections=x')).toThrow(
    expect.not.stringContaining('secret'),
  );
});
