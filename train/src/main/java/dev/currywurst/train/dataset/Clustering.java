package dev.currywurst.train.dataset;

import dev.currywurst.train.dataset.Survey.Surveyed;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Finds the pictures of a survey that are nearly the same.
 *
 * <p>Equal pictures are one first: they differ in nothing. Of the rest, pairs that a {@link
 * Measure} holds for alike are joined, the most alike first (union-find), but two clusters only
 * where each picture of the one is at least remotely like each of the other: without that, one
 * picture between two kinds would make them one.
 *
 * <p>Every pair is looked at, most of them by their hashes alone.
 */
public final class Clustering {
  private final List<Surveyed> pictures;
  private final List<Measure> measures;

  /** For each picture its cluster's list, shared; a single picture is a cluster of one. */
  private final List<List<Integer>> clusterOf = new ArrayList<>();

  private final IdentityHashMap<List<Integer>, Set<String>> evidence = new IdentityHashMap<>();

  private Clustering(List<Surveyed> pictures, List<Measure> measures) {
    this.pictures = pictures;
    this.measures = measures;
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
    List<Surveyed> pictures = survey.readable();
    List<Measure> measures = new ArrayList<>();
    if (threshold <= 1) {
      measures.add(
          new LookMeasure(
              pictures.stream().map(picture -> picture.known().appearance()).toList(), threshold));
    }
    measures.addAll(more);
    return new Clustering(pictures, measures).clusters();
  }

  /** Two pictures that a measure holds for alike; the margin is the part of the way to 1. */
  private record Link(int a, int b, double margin, String measure) {}

  private List<Cluster> clusters() {
    List<Integer> distinct = joinEqual();
    List<Link> links =
        IntStream.range(0, distinct.size())
            .parallel()
            .boxed()
            .flatMap(i -> links(distinct, i))
            .sorted(
                Comparator.comparingDouble((Link link) -> -link.margin())
                    .thenComparingInt(Link::a)
                    .thenComparingInt(Link::b))
            .toList();
    links.forEach(this::join);
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

  private Stream<Link> links(List<Integer> distinct, int i) {
    int a = distinct.get(i);
    return distinct.subList(i + 1, distinct.size()).stream()
        .flatMap(b -> measures.stream().flatMap(measure -> link(a, b, measure)));
  }

  private static Stream<Link> link(int a, int b, Measure measure) {
    if (!measure.mayResemble(a, b)) {
      return Stream.empty();
    }
    double over = measure.similarity(a, b) - measure.threshold();
    double margin = over == 0 ? 0 : over / (1 - measure.threshold());
    return over >= 0 ? Stream.of(new Link(a, b, margin, measure.name())) : Stream.empty();
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
    evidence(larger).add(link.measure());
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
