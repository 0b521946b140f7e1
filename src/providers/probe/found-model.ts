/** A model as its vendor names it, before anybody said what it is called here. */
export interface FoundModel {
  /** What the vendor is to be asked for. */
  name: string;
  title: string | null;
  /** Null = the vendor did not say. */
  kind: 'image' | 'chat' | 'embedding' | null;
}
