import { Injectable } from '@nestjs/common';
import { divideUp, type Micros, toMicros } from '../common/micros.js';
import type { PageRequest } from '../common/page.js';
import { findUnitPrice, type Price } from '../billing/domain/price.js';
import { PriceBook } from '../billing/price-book.js';
import { toListedModel } from '../billing/price-index.js';

/** The listed price of a picture. */
export interface PicturePrice {
  /** Null = any. */
  operation: string | null;
  size: string | null;
  quality: string | null;
  /** Good up to so many pixels; null = no bound. */
  pixelsMax: number | null;
  /** Of one picture, rounded up. */
  micros: Micros;
  /** Of a million pictures: exact. */
  microsPerMillion: number;
}

/** The listed price of what else is counted. */
export interface UnitPrice {
  unit: string;
  operation: string | null;
  /** Good for longer prompts; null = from the first token. */
  inputTokensAbove: number | null;
  microsPerMillion: Micros;
}

export interface ModelPrice {
  units: readonly UnitPrice[];
  pictures: readonly PicturePrice[];
}

interface Sheet {
  versionId: string;
  byModel: ReadonlyMap<string, readonly Price[]>;
  made: Map<string, ModelPrice | null>;
}

/** Lists have hundreds of lines, and thousands where operators set prices; more are not read. */
const WHOLE_LIST: PageRequest = { limit: 100_000, after: null };
const EVERY_MODEL = '*';
const MILLION = 1_000_000;

/** What models cost by today's list, out of memory: before multipliers, which depend on who asks. */
@Injectable()
export class ModelPrices {
  private sheet: Sheet | null = null;

  constructor(private readonly book: PriceBook) {}

  /** By provider and model; null = the list has no price for it. */
  async open(): Promise<(provider: string, model: string) => ModelPrice | null> {
    const sheet = await this.read();
    return (provider, model) => {
      const key = toKey(provider, model);
      const known = sheet.made.get(key);
      if (known !== undefined) return known;
      const price = toModelPrice(findLines(sheet, provider, model));
      sheet.made.set(key, price);
      return price;
    };
  }

  private async read(): Promise<Sheet> {
    const { versionId, lines } = await this.book.list({}, WHOLE_LIST);
    if (this.sheet?.versionId === versionId) return this.sheet;
    const byModel = new Map<string, Price[]>();
    for (const { price } of lines) {
      // What one connection costs is no model's price.
      if (price.connection !== null) continue;
      const key = toKey(price.provider, price.model);
      const rows = byModel.get(key);
      if (rows) rows.push(price);
      else byModel.set(key, [price]);
    }
    this.sheet = { versionId, byModel, made: new Map() };
    return this.sheet;
  }
}

/** Its own lines, or those of the model that it is a snapshot of, and what a credit of the vendor is worth. */
function findLines({ byModel }: Sheet, provider: string, model: string): readonly Price[] {
  const own =
    byModel.get(toKey(provider, model)) ??
    byModel.get(toKey(provider, toListedModel(provider, model))) ??
    [];
  if (own.length === 0 || own.some(({ unit }) => unit === 'microcredit')) return own;
  const forAll = byModel.get(toKey(provider, EVERY_MODEL)) ?? [];
  return [...own, ...forAll.filter(({ unit }) => unit === 'microcredit')];
}

function toModelPrice(lines: readonly Price[]): ModelPrice | null {
  if (lines.length === 0) return null;
  const creditPrice = findUnitPrice(lines, 'microcredit');
  return {
    pictures: lines
      .filter(({ unit }) => unit === 'image')
      .map((row) => toPicture(row, creditPrice)),
    units: lines
      .filter(({ unit }) => unit !== 'image' && unit !== 'microcredit')
      .map(({ unit, operation, inputTokensAbove, microsPerMillion }) => ({
        unit,
        operation,
        inputTokensAbove,
        microsPerMillion,
      })),
  };
}

/** What costs credits costs what they are worth today. */
function toPicture(row: Price, creditPrice: Micros | null): PicturePrice {
  const { operation, size, quality, pixelsMax, microcredits } = row;
  const microsPerMillion =
    microcredits === null || creditPrice === null
      ? row.microsPerMillion
      : toMicros(microcredits * creditPrice);
  const micros = toMicros(divideUp(microsPerMillion, MILLION));
  return { operation, size, quality, pixelsMax, micros, microsPerMillion };
}

function toKey(provider: string, model: string): string {
  return `${provider}\n${model}`;
}
