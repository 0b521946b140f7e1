/** As much of a C2PA manifest store as tells it from other boxes: two heads, and the type of the outer one. */
export const MANIFEST_BEGIN_BYTES = 20;

/** Whether a JUMBF box is a store of C2PA manifests (C2PA 2.1, 11.1.4.2). */
export function isManifestBegin(box: Buffer): boolean {
  return (
    box.toString('latin1', 4, 8) === 'jumb' &&
    box.toString('latin1', 12, 16) === 'jumd' &&
    box.toString('latin1', 16, 20) === 'c2pa'
  );
}
