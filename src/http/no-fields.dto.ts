/** A body is not needed; one that is sent may have no field. */
export class NoFieldsDto {}
