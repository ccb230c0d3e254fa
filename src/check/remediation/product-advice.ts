import { PRODUCTS, type ProductId } from '../products/all.gen.ts';
import type { Place, Product } from '../products/product.ts';
import type { FailureReason } from '../reason.ts';
import type { Advice } from './generic.ts';

/** What a product's own advice adds to that for any registry. */
export interface OwnAdvice extends Advice {
  /** Further words in braces, and what they stand for. */
  readonly values: Readonly<Record<string, string>>;
  /** The vendor's page. */
  readonly docsUrl: string;
}

/** What to do about a reason at a product; undefined where that is no other than anywhere, or where the names are not of its form. */
export function adviceAt(
  id: ProductId | undefined,
  reason: FailureReason,
  place: Place,
): OwnAdvice | undefined {
  const values = id === undefined ? undefined : valuesAt(id, place);
  return id === undefined || values === undefined ? undefined : adviceWith(id, reason, values);
}

/** What a product's advice is filled with at a place; undefined where the names are not of its form. */
export function valuesAt(id: ProductId, place: Place): OwnAdvice['values'] | undefined {
  const product: Product = PRODUCTS[id];
  return product.values === undefined ? {} : product.values(place);
}

/** What to do about a reason at a product, filled with these values; undefined where that is no other than anywhere. */
export function adviceWith(
  id: ProductId,
  reason: FailureReason,
  values: OwnAdvice['values'],
): OwnAdvice | undefined {
  const product: Product = PRODUCTS[id];
  const advice = product.advice[reason];
  return (
    advice && { summary: advice.summary, steps: advice.steps, values, docsUrl: advice.docs ?? product.docs }
  );
}
