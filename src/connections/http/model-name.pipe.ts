import { Injectable, type PipeTransform } from '@nestjs/common';
import { TEXT_FORM } from '../../common/text-form.js';
import { modelNotFound } from '../domain/connections.errors.js';

/** A name that the database cannot even be asked for is no model's. */
@Injectable()
export class ModelNamePipe implements PipeTransform<string, string> {
  /** @throws DomainError `request.not_found` */
  transform(name: string): string {
    if (!TEXT_FORM.test(name)) throw modelNotFound();
    return name;
  }
}
