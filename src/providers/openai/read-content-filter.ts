import { toRecord, toRecords } from '../shared/read-json.js';

/**
 * Whether a success of Azure says that a picture was made and not shown: then its place in the list holds only what the
 * filter found, under either of the names that Azure has for it.
 */
export function hasFilteredPicture(document: unknown): boolean {
  return toRecords(toRecord(document)?.data).some((item) =>
    [item.content_filter_results, item.content_filter_result].some(isFiltered),
  );
}

/** `{sexual: {filtered: true, severity: "medium"}, …}` */
function isFiltered(results: unknown): boolean {
  return Object.values(toRecord(results) ?? {}).some((found) => toRecord(found)?.filtered === true);
}
