package dev.currywurst.weights;

import dev.currywurst.nn.Init;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Gives a network its weights from a file and keeps account of them: each is asked for once, and
 * {@link #requireAllTaken()} tells what is missing in the file or left over in it.
 *
 * <pre>{@code
 * WeightSource source = WeightSource.mapped(WeightFile.open(file), DType.BFLOAT16, Device.CPU);
 * StageC stageC = source.build(p -> new StageC(config, p));
 * }</pre>
 */
public final class WeightSource implements Parameters.Source {
  /** The prefix that text towers have in published files and lost in transformers 5. */
  private static final String TEXT_MODEL = "text_model.";

  private static final int NAMES_IN_A_MESSAGE = 4;

  /** What the weights are wanted for. */
  private enum Use {
    READ,
    GENERATE,
    CHANGE,
    /** Names and shapes alone. */
    COMPARE
  }

  private final WeightFile file;
  private final DType dtype;
  private final Device device;
  private final Use use;
  private final Optional<WeightChange> change;
  private final Set<String> left;
  private final Set<String> missing = new LinkedHashSet<>();
  private final Set<String> unchanged = new LinkedHashSet<>();

  private WeightSource(
      WeightFile file, DType dtype, Device device, Use use, Optional<WeightChange> change) {
    this.file = file;
    this.dtype = dtype;
    this.device = device;
    this.use = use;
    this.change = change;
    change.ifPresent(all -> unchanged.addAll(all.names()));
    this.left = new LinkedHashSet<>(file.names());
    left.removeIf(WeightSource::isUnused);
  }

  /** Counters of training and fixed positions: no network computes with them. */
  private static boolean isUnused(String name) {
    return name.endsWith("num_batches_tracked") || name.endsWith("position_ids");
  }

  /**
   * How to find in a file what a network computes with.
   *
   * @param isTextTower whether the network is a text tower
   * @return the network's names to the file's, in the file's order
   */
  public static Map<String, String> names(WeightFile file, boolean isTextTower) {
    Map<String, String> names = new LinkedHashMap<>();
    for (String name : file.names()) {
      if (!isUnused(name)) {
        names.put(isTextTower && !name.startsWith(TEXT_MODEL) ? TEXT_MODEL + name : name, name);
      }
    }
    return names;
  }

  /**
   * Weights for generation. Those that are stored as {@code dtype} stay in the mapped file and must
   * not be changed in place; others are converted, one at a time.
   */
  public static WeightSource mapped(WeightFile file, DType dtype, Device device) {
    return new WeightSource(file, dtype, device, Use.READ, Optional.empty());
  }

  /**
   * Weights for many passes of generation and nothing else. Layers bring them into the form that
   * this machine multiplies fastest, and do not give them back. They are read, not mapped: a mapped
   * file would stay in memory beside what was made of it.
   */
  public static WeightSource frozen(WeightFile file, DType dtype, Device device) {
    return new WeightSource(file, dtype, device, Use.GENERATE, Optional.empty());
  }

  /** Weights for training: copies, always float32. */
  public static WeightSource writable(WeightFile file, Device device) {
    return new WeightSource(file, DType.FLOAT32, device, Use.CHANGE, Optional.empty());
  }

  /**
   * No weights at all: {@link #build} only compares names and shapes with what the network asks
   * for. The network cannot compute.
   */
  public static WeightSource shapes(WeightFile file) {
    return new WeightSource(file, DType.FLOAT32, Device.CPU, Use.COMPARE, Optional.empty());
  }

  /** These weights, some of them with other values. */
  public WeightSource with(WeightChange other) {
    return new WeightSource(
        file, dtype, device, use, WeightChange.both(change, Optional.of(other)));
  }

  /**
   * Builds a network that takes all its weights from here.
   *
   * @param network its constructor
   * @throws CurrywurstException if weights are missing in the file, are left over, or have another
   *     shape
   */
  public <T> T build(Function<Parameters, T> network) {
    Parameters parameters = Parameters.from(this);
    boolean complete = false;
    try {
      T built = network.apply(parameters);
      requireAllTaken();
      complete = true;
      return built;
    } finally {
      if (!complete) {
        parameters.close();
      }
    }
  }

  @Override
  public Tensor take(String name, Init init, long... shape) {
    String stored = storedName(name);
    if (!left.remove(stored)) {
      // Told together with all others at the end: one name of hundreds would tell little.
      missing.add(name);
      return placeholder(shape);
    }
    checkShape(stored, shape);
    if (use == Use.COMPARE) {
      return placeholder(shape);
    }
    if (unchanged.remove(name)) {
      // Made in float32, whatever the file and the network have: it is rounded once.
      Tensor changed = change.orElseThrow().apply(name, file.copy(stored).to(DType.FLOAT32));
      return changed.to(dtype).to(device);
    }
    boolean fits = file.entry(stored).type() == StoredType.of(dtype) && device == Device.CPU;
    if (use == Use.READ && fits) {
      return file.tensor(stored);
    }
    // Read, not mapped: pages that a conversion has touched stay in memory as long as the map.
    return file.copy(stored).to(dtype).to(device);
  }

  /** One number in the shape of many. */
  private static Tensor placeholder(long... shape) {
    return Tensor.zeros(DType.FLOAT32).expand(shape);
  }

  private String storedName(String name) {
    return storedName(left, name);
  }

  /** What {@code names} call the weight that a network calls {@code name}. */
  static String storedName(Set<String> names, String name) {
    return !names.contains(name) && name.startsWith(TEXT_MODEL)
        ? name.substring(TEXT_MODEL.length())
        : name;
  }

  private void checkShape(String name, long... shape) {
    long[] stored = file.entry(name).dims();
    if (!Arrays.equals(stored, shape)) {
      throw new CurrywurstException(
          "%s: weight %s has shape %s where the configuration beside it says %s; weights and config.json come from different models."
              .formatted(
                  file.path(),
                  Printable.plain(name),
                  Arrays.toString(stored),
                  Arrays.toString(shape)));
    }
  }

  /**
   * Ends the loading.
   *
   * @throws CurrywurstException naming what was missing in the file and what nobody asked for, or
   *     what was to be changed and is not there
   */
  public void requireAllTaken() {
    if (missing.isEmpty() && left.isEmpty()) {
      requireAllChanged();
      return;
    }
    throw new CurrywurstException(
        "%s does not fit the configuration beside it: %s."
            .formatted(
                file.path(),
                missing.isEmpty()
                    ? listed(left, "not known to the network")
                    : left.isEmpty()
                        ? listed(missing, "missing")
                        : listed(missing, "missing")
                            + " and "
                            + listed(left, "not known to the network")));
  }

  private void requireAllChanged() {
    if (use != Use.COMPARE && !unchanged.isEmpty()) {
      throw misfit(change.orElseThrow(), file, unchanged);
    }
  }

  /** For a change of weights that the file does not have. */
  static CurrywurstException misfit(WeightChange change, WeightFile file, Set<String> absent) {
    return new CurrywurstException(
        "%s does not fit the model in %s: %s."
            .formatted(change.origin(), file.path(), listed(absent, "not in it")));
  }

  private static String listed(Set<String> names, String what) {
    List<String> first = names.stream().limit(NAMES_IN_A_MESSAGE).map(Printable::plain).toList();
    int more = names.size() - first.size();
    return "%d %s %s (%s%s)"
        .formatted(
            names.size(),
            names.size() == 1 ? "weight is" : "weights are",
            what,
            String.join(", ", first),
            more > 0 ? " and " + more + " more" : "");
  }

  @Override
  public boolean frozen() {
    return use == Use.GENERATE;
  }

  @Override
  public String origin() {
    return file.path().toString();
  }
}
