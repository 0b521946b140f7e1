/** Of shapes as `16:9` the one that is nearest to a size in pixels. */
export function findNearestShape(
  shapes: readonly string[],
  widthPx: number,
  heightPx: number,
): string | null {
  const distance = (shape: string): number => {
    const [width = 1, height = 1] = shape.split(':').map(Number);
    return Math.abs(Math.log((widthPx * height) / (heightPx * width)));
  };
  const [nearest = null] = shapes.toSorted((one, other) => distance(one) - distance(other));
  return nearest;
}
