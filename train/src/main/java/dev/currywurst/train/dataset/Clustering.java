package dev.currywurst.train.dataset;

import dev.currywurst.train.dataset.Survey.Surveyed;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the pictures of a survey that are nearly the same.
 *
 * <p>Equal pictures are one first: they differ in nothing. Of the rest, pairs that a {@link
 * Measure} holds for alike are joined, the most alike first (union-find), but two clusters only
 * where each picture of the one is at least remotely like each of the other: without that, one
 * picture between two kinds would make them one.
 *
 * <p>Every pair is looked at, most of them by their hashes alone. Where very many are alike, not
 * all links are held at once: the best are joined, and the next ones are looked for again.
 */
public final class Clustering {
  /** Links that are held at once: some 60 MB. */
  private static final int HELD = 1_000_000;

  private static final Comparator<Link> BEST_FIRST =
      Comparator.comparingDouble((Link link) -> -link.margin())
          .thenComparingInt(Link::a)
          .thenComparingInt(Link::b)
          .thenComparingInt(Link::measure);

  private final List<Surveyed> pictures;
  private final List<Measure> measures;
  private final int held;

  /** For each picture its cluster's list, shared; a single picture is a cluster of one. */
  private final List<List<Integer>> clusterOf = new ArrayList<>();

  private final IdentityHashMap<List<Integer>, Set<String>> evidence = new IdentityHashMap<>();

  private Clustering(List<Surveyed> pictures, List<Measure> measures, int held) {
    this.pictures = pictures;
    this.measures = measures;
    this.held = held;
  }

  /**
   * Pictures that are nearly the same.
   *
   * @param members at least two; first the one to keep, which is the largest or else comes first
   * @param evidence what held them for alike: {@code bytes}, {@code pixels} or measures
   */
  record Cluster(List<Surveyed> members, Set<String> evidence) {
    Cluster {
      members = List.copyOf(members);
    }

    int size() {
      return members.size();
    }
  }

  /**
   * The clusters, the largest first.
   *
   * @param threshold of {@linkplain Appearance#similarity looks}; above 1, only equal pictures are
   *     joined
   * @param more other measures, over {@link Survey#readable}
   */
  static List<Cluster> of(Survey survey, double threshold, List<Measure> more) {
    return of(survey, threshold, more, HELD);
  }

  /** As above; the result does not depend on how many links are held at once. */
  static List<Cluster> of(Survey survey, double threshold, List<Measure> more, int held) {
    List<Surveyed> pictures = survey.readable();
    List<Measure> measures = new ArrayList<>();
    if (threshold <= 1) {
      measures.add(
          new LookMeasure(
              pictures.stream().map(picture -> picture.known().appearance()).toList(), threshold));
    }
    measures.addAll(more);
    return new Clustering(pictures, measures, held).clusters();
  }

  /** Two pictures that a measure holds for alike; the margin is the part of the way to 1. */
  private record Link(int a, int b, double margin, int measure) {}

  private List<Cluster> clusters() {
    List<Integer> distinct = joinEqual();
    List<Link> links = List.of();
    do {
      Link last = links.isEmpty() ? null : links.get(links.size() - 1);
      links = best(distinct, last);
      links.forEach(this::join);
    } while (links.size() == held);
    return clusterOf.stream()
        .distinct()
        .filter(cluster -> cluster.size() > 1)
        .map(this::cluster)
        .sorted(Comparator.comparingInt((Cluster cluster) -> -cluster.size()))
        .toList();
  }

  /** Joins equal pictures and gives the first of each kind. */
  private List<Integer> joinEqual() {
    Map<String, Integer> seen = new HashMap<>();
    List<Integer> distinct = new ArrayList<>();
    for (int i = 0; i < pictures.size(); i++) {
      Integer first = seen.putIfAbsent(pictures.get(i).known().pixelHash(), i);
      if (first == null) {
        distinct.add(i);
        clusterOf.add(new ArrayList<>(List.of(i)));
      } else {
        List<Integer> cluster = clusterOf.get(first);
        cluster.add(i);
        clusterOf.add(cluster);
        boolean sameFile =
            pictures.get(i).known().fileHash().equals(pictures.get(first).known().fileHash());
        evidence(cluster).add(sameFile ? "bytes" : "pixels");
      }
    }
    return distinct;
  }

  private Set<String> evidence(List<Integer> cluster) {
    return evidence.computeIfAbsent(cluster, c -> new TreeSet<>());
  }

  /** The best links between clusters that come after one, as many as are held. */
  private List<Link> best(List<Integer> distinct, @Nullable Link after) {
    PriorityQueue<Link> best = new PriorityQueue<>(BEST_FIRST.reversed());
    IntStream.range(0, distinct.size())
        .parallel()
        .forEach(
            i ->
                links(distinct, i)
                    .filter(link -> after == null || BEST_FIRST.compare(link, after) > 0)
                    .forEach(
                        link -> {
                          synchronized (best) {
                            best.add(link);
                            if (best.size() > held) {
                              best.remove();
                            }
                          }
                        }));
    return best.stream().sorted(BEST_FIRST).toList();
  }

  private Stream<Link> links(List<Integer> distinct, int i) {
    int a = distinct.get(i);
    return distinct.subList(i + 1, distinct.size()).stream()
        .filter(b -> clusterOf.get(a) != clusterOf.get(b))
        .flatMap(
            b ->
                IntStream.range(0, measures.size())
                    .boxed()
                    .flatMap(measure -> link(a, b, measure)));
  }

  private Stream<Link> link(int a, int b, int index) {
    Measure measure = measures.get(index);
    if (!measure.mayResemble(a, b)) {
      return Stream.empty();
    }
    double over = measure.similarity(a, b) - measure.threshold();
    double margin = over == 0 ? 0 : over / (1 - measure.threshold());
    return over >= 0 ? Stream.of(new Link(a, b, margin, index)) : Stream.empty();
  }

  private void join(Link link) {
    List<Integer> one = clusterOf.get(link.a());
    List<Integer> other = clusterOf.get(link.b());
    if (one == other || !acquainted(one, other)) {
      return;
    }
    List<Integer> larger = one.size() >= other.size() ? one : other;
    List<Integer> smaller = larger == one ? other : one;
    larger.addAll(smaller);
    smaller.forEach(picture -> clusterOf.set(picture, larger));
    evidence(larger).addAll(evidence(smaller));
    evidence(larger).add(measures.get(link.measure()).name());
  }

  private boolean acquainted(List<Integer> one, List<Integer> other) {
    return one.stream().allMatch(a -> other.stream().allMatch(b -> acquainted(a, b)));
  }

  private boolean acquainted(int a, int b) {
    return measures.stream().anyMatch(measure -> measure.similarity(a, b) >= measure.guard());
  }

  private Cluster cluster(List<Integer> members) {
    List<Surveyed> best =
        members.stream()
            .sorted(
                Comparator.comparingLong((Integer i) -> -pictures.get(i).known().area())
                    .thenComparing(i -> pictures.get(i).entry().captions().isEmpty())
                    .thenComparing(Comparator.naturalOrder()))
            .map(pictures::get)
            .toList();
    return new Cluster(best, evidence(members));
  }
}
