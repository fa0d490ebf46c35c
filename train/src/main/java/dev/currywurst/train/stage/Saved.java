package dev.currywurst.train.stage;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which weights a run writes when it ends. The training does not depend on it.
 *
 * @param kind live or averaged ones
 * @param blend part of the trained weights in a third model, {@code model-blend/}, of which the
 *     rest is the base: document 001's dial between what a model knew and what it learned
 */
public record Saved(Kind kind, OptionalDouble blend) {
  /** The averaged weights where there is an average, else the live ones, and no other. */
  public static final Saved USUAL = new Saved(Kind.EMA, OptionalDouble.empty());

  /** Which of the two. */
  public enum Kind {
    /** The weights as the last step left them. */
    LIVE,
    /** Their average, if one is kept. */
    EMA,
    /** The average in {@code model/} and the live ones in {@code model-live/}. */
    BOTH;

    /** As configurations spell it. */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Kind parse(String name) {
      return Stream.of(values())
          .filter(kind -> kind.key().equals(name))
          .findFirst()
          .orElseThrow(
              () ->
                  new CurrywurstException(
                      "What to save (save) is \"%s\"; use %s."
                          .formatted(
                              name,
                              Stream.of(values())
                                  .map(Kind::key)
                                  .collect(Collectors.joining(", ")))));
    }
  }

  /** Reads "save" and "blend_with_base". */
  public static Saved read(ConfigFile file) {
    Kind kind = Kind.parse(file.stringValue(Kind.EMA.key(), "save"));
    String blend = "blend_with_base";
    return new Saved(
        kind,
        file.has(blend) ? OptionalDouble.of(file.doubleValue(0, blend)) : OptionalDouble.empty());
  }
}
