package dev.currywurst.train.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which picture becomes a sample of which size: each goes where it loses least to cropping. Ratios
 * and rounding are those of Stable Cascade's {@code core/data/bucketeer.py}: no bucket has more
 * pixels than the square.
 *
 * @param frames of the pictures, in their order
 * @param moved pictures by the bucket that they would have been in, where it could not fill a batch
 * @param batchSize that each bucket fills at least once an epoch, unless there is only one
 */
record AspectBuckets(List<Frame> frames, Map<Frame, Integer> moved, int batchSize) {
  /** Height by width; each also the other way round. */
  private static final List<Double> RATIOS =
      List.of(1.0, 1 / 2.0, 3 / 4.0, 3 / 5.0, 4 / 5.0, 6 / 9.0, 9 / 16.0);

  AspectBuckets {
    frames = List.copyOf(frames);
    moved = new LinkedHashMap<>(moved);
  }

  /**
   * The sizes that there are.
   *
   * @param resolution side of the square, a multiple of {@code step}
   * @param step that all sides are multiples of
   */
  static List<Frame> sizes(int resolution, int step) {
    Set<Frame> sizes = new LinkedHashSet<>();
    sizes.add(Frame.square(resolution));
    for (double ratio : RATIOS) {
      int shorter = rounded(resolution * Math.sqrt(ratio), step);
      int longer = rounded(resolution / Math.sqrt(ratio), step);
      sizes.add(new Frame(longer, shorter));
      sizes.add(new Frame(shorter, longer));
    }
    return List.copyOf(sizes);
  }

  private static int rounded(double side, int step) {
    return Math.max(step, ((int) (side / step + 1e-9)) * step);
  }

  /** The size of the closest ratio; of several the first. */
  static Frame closest(Frame picture, List<Frame> sizes) {
    return sizes.stream()
        .min(Comparator.comparingDouble(size -> Math.abs(ratio(size) - ratio(picture))))
        .orElseThrow();
  }

  private static double ratio(Frame size) {
    return Math.log((double) size.width() / size.height());
  }

  /**
   * Distributes pictures. One whose bucket would not fill a batch an epoch goes into the closest
   * one that does: else one and the same picture would fill a batch many epochs later.
   *
   * @param pictures their sizes
   * @param weights how often each is seen in an epoch
   */
  static AspectBuckets of(
      List<Frame> pictures, double[] weights, List<Frame> sizes, int batchSize) {
    List<Frame> frames = new ArrayList<>();
    Map<Frame, Double> filled = new LinkedHashMap<>();
    for (int i = 0; i < pictures.size(); i++) {
      Frame frame = closest(pictures.get(i), sizes);
      frames.add(frame);
      filled.merge(frame, weights[i], Double::sum);
    }
    Map<Frame, Integer> moved = new LinkedHashMap<>();
    while (filled.size() > 1) {
      Map.Entry<Frame, Double> least =
          filled.entrySet().stream().min(Map.Entry.comparingByValue()).orElseThrow();
      if (least.getValue() >= batchSize) {
        break;
      }
      Frame from = least.getKey();
      filled.remove(from);
      for (int i = 0; i < frames.size(); i++) {
        if (frames.get(i).equals(from)) {
          Frame to = closest(pictures.get(i), List.copyOf(filled.keySet()));
          frames.set(i, to);
          filled.merge(to, weights[i], Double::sum);
          moved.merge(closest(pictures.get(i), sizes), 1, Integer::sum);
        }
      }
    }
    return new AspectBuckets(frames, moved, batchSize);
  }

  /** The pictures of each bucket, by their places. */
  List<int[]> members() {
    Map<Frame, List<Integer>> members = new LinkedHashMap<>();
    for (int i = 0; i < frames.size(); i++) {
      members.computeIfAbsent(frames.get(i), frame -> new ArrayList<>()).add(i);
    }
    return members.values().stream()
        .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
        .toList();
  }

  /** What went where. */
  String notice() {
    String buckets =
        frames.stream()
            .collect(Collectors.groupingBy(f -> f, LinkedHashMap::new, Collectors.counting()))
            .entrySet()
            .stream()
            .sorted(Comparator.comparingDouble(entry -> ratio(entry.getKey())))
            .map(entry -> entry.getKey() + " (" + entry.getValue() + ")")
            .collect(Collectors.joining(", "));
    String small =
        moved.entrySet().stream()
            .map(entry -> entry.getValue() + " of " + entry.getKey())
            .collect(Collectors.joining(", "));
    return "Buckets of pictures: "
        + buckets
        + (small.isEmpty() ? "." : "; moved, as they would not fill a batch: " + small + ".");
  }
}
