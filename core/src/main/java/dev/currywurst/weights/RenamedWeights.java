package dev.currywurst.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** Another file's tensors, or equal parts of them, under other names. Nothing is copied. */
final class RenamedWeights implements WeightFile {
  /**
   * Where a tensor comes from: part {@code index} of the tensor {@code name} when its outermost
   * dimension is cut into {@code of} equal parts; the whole of it is part 0 of 1.
   */
  record Origin(String name, int index, int of) {
    static Origin whole(String name) {
      return new Origin(name, 0, 1);
    }
  }

  private final WeightFile source;
  private final Map<String, Origin> origins;

  RenamedWeights(WeightFile source, Map<String, Origin> origins) {
    this.source = source;
    this.origins = origins;
    origins.values().forEach(this::checkDivisible);
  }

  static RenamedWeights section(WeightFile source, String prefix) {
    Map<String, Origin> origins = new LinkedHashMap<>();
    for (String name : source.names()) {
      if (name.startsWith(prefix + ".")) {
        origins.put(name.substring(prefix.length() + 1), Origin.whole(name));
      }
    }
    if (origins.isEmpty()) {
      throw Refusal.of(
          source.path(),
          "it has no tensors under "
              + Printable.quoted(prefix)
              + "; it has "
              + Printable.plain(String.join(", ", sections(source))));
    }
    return new RenamedWeights(source, origins);
  }

  static RenamedWeights without(WeightFile source, Predicate<String> left) {
    Map<String, Origin> origins = new LinkedHashMap<>();
    for (String name : source.names()) {
      if (!left.test(name)) {
        origins.put(name, Origin.whole(name));
      }
    }
    return new RenamedWeights(source, origins);
  }

  /** The first parts of all names. */
  private static Set<String> sections(WeightFile source) {
    Set<String> sections = new LinkedHashSet<>();
    for (String name : source.names()) {
      sections.add(name.substring(0, Math.max(0, name.indexOf('.'))));
    }
    return sections;
  }

  @Override
  public Path path() {
    return source.path();
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(origins.keySet());
  }

  @Override
  public Map<String, String> metadata() {
    return source.metadata();
  }

  @Override
  public Entry entry(String name) {
    Origin origin = origin(name);
    Entry whole = source.entry(origin.name());
    List<Long> shape = new ArrayList<>(whole.shape());
    if (origin.of() > 1) {
      shape.set(0, shape.get(0) / origin.of());
    }
    return new Entry(name, whole.type(), shape, whole.bytes() / origin.of());
  }

  @Override
  public ByteBuffer bytes(String name) {
    Origin origin = origin(name);
    ByteBuffer whole = source.bytes(origin.name());
    int part = whole.remaining() / origin.of();
    return whole
        .slice(whole.position() + part * origin.index(), part)
        .order(ByteOrder.nativeOrder());
  }

  private Origin origin(String name) {
    Origin origin = origins.get(name);
    if (origin == null) {
      throw Refusal.noTensor(path(), name);
    }
    return origin;
  }

  private void checkDivisible(Origin origin) {
    if (origin.of() == 1) {
      return;
    }
    List<Long> shape = source.entry(origin.name()).shape();
    if (shape.isEmpty() || shape.get(0) % origin.of() != 0) {
      throw Refusal.of(
          path(),
          "tensor "
              + Printable.quoted(origin.name())
              + " of shape "
              + shape
              + " cannot be cut into "
              + origin.of()
              + " equal parts");
    }
  }
}
