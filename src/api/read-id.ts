/** REST: an id in the address that is a number of ours. In: what Nest made of it; out: the number, or 404 that says what is wanted. */
import { HttpException, Injectable, type PipeTransform } from '@nestjs/common';

@Injectable()
export class ReadId implements PipeTransform<unknown, number> {
  transform(value: unknown): number {
    const id = Number(value);
    if (Number.isSafeInteger(id) && id >= 0) return id;
    const detail = 'nothing has this id: it is the number that lists give as `id`';
    throw new HttpException(detail, 404);
  }
}
