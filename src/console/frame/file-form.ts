/**
 * How a form with a file reaches the console. In: multipart/form-data, its fields before its file. Out: the fields as the
 * body, so that the door can look at them, and the file as a stream that nobody has read yet: who is refused has cost
 * no more than the fields. Only for routes marked so.
 */
import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { HttpProblem } from '../../core/http-problem.js';
import { discardUpload, type Fastify } from '../../ingest/http-edge.js';

export interface SentFile {
  /** As its sender calls it, without folders; '' when none was chosen. */
  name: string;
  body: Readable;
  /** What it comes by. */
  socket: object;
}

/** A route that takes a form with a file. */
export function FileForm(): MethodDecorator {
  return applyDecorators(RouteConfig({ fileForm: true }));
}

interface FormRequest {
  sentFile?: SentFile;
}

/** The file of the form, null without one. */
export const Sent = createParamDecorator(
  (_: unknown, context: ExecutionContext): SentFile | null =>
    context.switchToHttp().getRequest<FormRequest>().sentFile ?? null,
);

const LIMITS = {
  fields: 40,
  fieldNameSize: 100,
  fieldSize: 64 * 1024,
  files: 1,
  parts: 41,
  headerPairs: 20,
};

/** Teaches `server` such forms; before its routes are registered. */
export function takeFileForms(server: Fastify): void {
  server.addContentTypeParser('multipart/form-data', (request, payload, done) => {
    const { fileForm } = request.routeOptions.config as { fileForm?: true };
    if (!fileForm) return done(new HttpProblem(415, 'no file is taken here'));
    readForm(request.headers, payload, (error, fields, file) => {
      if (file) (request as FormRequest).sentFile = file;
      done(error, fields);
    });
  });
  server.addHook('onResponse', (request, _reply, done) => {
    if ((request as FormRequest).sentFile) {
      request.raw.unpipe();
      discardUpload(request.raw);
    }
    done();
  });
}

type Done = (error: Error | null, fields?: Record<string, string>, file?: SentFile) => void;

/** Calls `done` once: at the file, or at the end of a form without one. */
function readForm(headers: IncomingHttpHeaders, payload: IncomingMessage, done: Done): void {
  const fields: Record<string, string> = {};
  let isDone = false;
  const finish: Done = (...result) => {
    if (isDone) return;
    isDone = true;
    done(...result);
  };
  const refuse = (): void => finish(new HttpProblem(400, 'this form cannot be read'));
  let form: BusboyInstance;
  try {
    form = new Busboy({
      headers: headers as IncomingHttpHeaders & { 'content-type': string },
      limits: LIMITS,
    });
  } catch {
    return refuse();
  }
  form.on('field', (name, value, nameCut, valueCut) => {
    if (nameCut || valueCut || Object.hasOwn(Object.prototype, name)) refuse();
    else fields[name] = value;
  });
  form.on('file', (_field, body, name) => {
    payload.once('close', () => {
      if (!payload.complete) body.destroy(new Error('the form was cut off'));
    });
    // Without a listener an error of a stream that nobody reads yet would end the process.
    body.on('error', () => undefined);
    finish(null, fields, { name: name ?? '', body, socket: payload.socket });
  });
  form.on('error', refuse);
  form.on('finish', () => finish(null, fields));
  payload.pipe(form);
}
