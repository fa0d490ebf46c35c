package dev.currywurst.hub;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One file of weights, or the index of a sharded set, taken apart by its name. */
record WeightFile(
    String path, String variant, String format, boolean sharded, boolean legacy, boolean index) {
  private static final String STEM = "(?:diffusion_pytorch_model|pytorch_model|model)";
  private static final String FORMAT = "\\.(?<format>safetensors|bin)";
  private static final Pattern WEIGHTS =
      Pattern.compile(
          STEM
              + "(?:\\.(?<variant>\\w+))?(?<shard>-\\d{5}-of-\\d{5})?(?:\\.(?<legacy>\\w+))?"
              + FORMAT);
  private static final Pattern INDEX =
      Pattern.compile(
          STEM + FORMAT + "(?:\\.(?<legacy>\\w+))?\\.index(?:\\.(?<variant>\\w+))?\\.json");

  static List<WeightFile> among(Collection<String> files) {
    return files.stream().map(WeightFile::of).filter(Objects::nonNull).toList();
  }

  static @Nullable WeightFile of(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    Matcher weights = WEIGHTS.matcher(name);
    if (weights.matches()) {
      boolean sharded = weights.group("shard") != null;
      return of(path, weights, sharded, false);
    }
    Matcher index = INDEX.matcher(name);
    return index.matches() ? of(path, index, true, true) : null;
  }

  private static @Nullable WeightFile of(
      String path, Matcher name, boolean sharded, boolean index) {
    @Nullable String variant = name.group("variant");
    @Nullable String legacy = name.group("legacy");
    if (legacy != null && (variant != null || !sharded)) {
      return null;
    }
    return new WeightFile(
        path,
        variant != null ? variant : legacy != null ? legacy : "",
        name.group("format"),
        sharded,
        legacy != null,
        index);
  }
}
