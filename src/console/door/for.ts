/** Who may use a route of the console; `anyone` is for what stands before the login, `file` for what needs no database. */
import { Reflector } from '@nestjs/core';
import type { ConsoleRole } from './people.sql.js';

export const For = Reflector.createDecorator<ConsoleRole | 'anyone' | 'file'>();
