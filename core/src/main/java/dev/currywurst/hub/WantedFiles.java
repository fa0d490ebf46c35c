package dev.currywurst.hub;

import dev.currywurst.tensor.CurrywurstException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which of a repository's files are worth downloading. A repository often holds the same weights
 * several times: as safetensors and as pickle, in single and in half precision, for other
 * frameworks.
 */
public sealed interface WantedFiles {
  /**
   * Selects from a listing, in the listing's order.
   *
   * @param model whose listing it is, for the error
   * @param listing every file of the repository, with {@code /} between folders
   * @return at least one file
   * @throws CurrywurstException if something asked for is not there
   */
  List<String> select(ModelName model, Collection<String> listing);

  /**
   * Files by name; {@code *} stands for any characters, {@code /} among them, and {@code ?} for
   * one. A name without either must exist.
   */
  static WantedFiles matching(String... patterns) {
    return new Matching(List.of(patterns));
  }

  /**
   * What a model folder of diffusers needs: each component's settings and one copy of its weights.
   *
   * @param folders the components, such as {@code prior} and {@code text_encoder}; none means every
   *     folder, or the repository itself if it is a single component without {@code
   *     model_index.json}
   */
  static Components components(String... folders) {
    return new Components(List.of(folders), null);
  }

  /** The files that match any of the patterns. */
  record Matching(List<String> patterns) implements WantedFiles {
    public Matching {
      patterns = List.copyOf(patterns);
    }

    @Override
    public List<String> select(ModelName model, Collection<String> listing) {
      Set<String> selected = new LinkedHashSet<>();
      for (String pattern : patterns) {
        List<String> matches =
            listing.stream().filter(Pattern.compile(regex(pattern)).asMatchPredicate()).toList();
        if (matches.isEmpty() && pattern.indexOf('*') < 0 && pattern.indexOf('?') < 0) {
          throw new CurrywurstException(model + " has no file " + pattern + "; " + holds(listing));
        }
        selected.addAll(matches);
      }
      if (selected.isEmpty()) {
        throw new CurrywurstException(
            model
                + " has no file that matches "
                + String.join(" or ", patterns)
                + "; "
                + holds(listing));
      }
      return listing.stream().filter(selected::contains).toList();
    }

    private static String regex(String pattern) {
      return pattern
          .chars()
          .mapToObj(
              c -> c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(Character.toString((char) c)))
          .collect(Collectors.joining());
    }
  }

  /**
   * The components of a model folder. Weights are chosen per component: the variant where it has
   * it, else the plain weights; safetensors where it has them, else pickle; one file where it is
   * there, else the shards with their index. The names are those of diffusers' {@code
   * variant_compatible_siblings}. diffusers decides between safetensors and pickle once for the
   * whole model, so one component without safetensors makes it fetch pickles for all.
   *
   * @param folders the components; empty means all
   * @param variant for example {@code fp16}; null for the plain weights
   */
  record Components(List<String> folders, @Nullable String variant) implements WantedFiles {
    private static final String INDEX = "model_index.json";
    private static final Pattern SETTINGS =
        Pattern.compile(".*\\.(?:json|txt|model)", Pattern.CASE_INSENSITIVE);

    public Components {
      folders = List.copyOf(folders);
    }

    /** The same with the weights of a variant, which at least one component must have. */
    public Components variant(String variant) {
      return new Components(folders, variant);
    }

    @Override
    public List<String> select(ModelName model, Collection<String> listing) {
      Map<String, List<String>> components = new TreeMap<>();
      for (String file : listing) {
        int slash = file.indexOf('/');
        if (slash == file.lastIndexOf('/')) {
          String folder = slash < 0 ? "" : file.substring(0, slash);
          components.computeIfAbsent(folder, name -> new ArrayList<>()).add(file);
        }
      }
      for (String folder : folders) {
        if (!components.containsKey(folder)) {
          throw new CurrywurstException(
              model + " has no folder " + folder + "/; " + holds(listing));
        }
      }
      Set<String> selected = new LinkedHashSet<>();
      Set<String> variants = new TreeSet<>();
      components.forEach(
          (folder, files) -> {
            boolean root = folder.isEmpty();
            if (root || folders.isEmpty() || folders.contains(folder)) {
              files.stream().filter(Components::isSettings).forEach(selected::add);
              if (!root || (folders.isEmpty() && !files.contains(INDEX))) {
                List<WeightFile> weights = WeightFile.among(files);
                weights.stream().map(WeightFile::variant).forEach(variants::add);
                weights(model, folder, weights).forEach(weight -> selected.add(weight.path()));
              }
            }
          });
      if (variant != null && !variants.contains(variant)) {
        variants.remove("");
        throw new CurrywurstException(
            model
                + " has no weights as variant "
                + variant
                + ": "
                + (variants.isEmpty()
                    ? "leave the variant away."
                    : "ask for " + String.join(" or ", variants) + " or for none."));
      }
      if (selected.isEmpty()) {
        throw new CurrywurstException(
            model + " is no model folder of diffusers; " + holds(listing));
      }
      // The model card names the models that belong together, such as a decoder's prior.
      selected.add("README.md");
      return listing.stream().filter(selected::contains).toList();
    }

    private static boolean isSettings(String file) {
      return SETTINGS.matcher(file).matches() && WeightFile.of(file) == null;
    }

    private List<WeightFile> weights(ModelName model, String folder, List<WeightFile> all) {
      String wanted = has(all, w -> w.variant().equals(variant)) ? "" + variant : "";
      List<WeightFile> found = keep(all, w -> w.variant().equals(wanted));
      if (!has(found, weight -> true) && has(all, weight -> true)) {
        throw new CurrywurstException(
            model
                + " has weights"
                + (folder.isEmpty() ? "" : " in " + folder + "/")
                + " only as variant "
                + all.stream()
                    .map(WeightFile::variant)
                    .filter(name -> !name.isEmpty())
                    .distinct()
                    .collect(Collectors.joining(", "))
                + ": ask for that variant.");
      }
      boolean safetensors = has(found, weight -> weight.format().equals("safetensors"));
      found = keep(found, weight -> weight.format().equals("safetensors") == safetensors);
      boolean sharded = !has(found, weight -> !weight.sharded());
      found = keep(found, weight -> weight.sharded() == sharded);
      // Shards are named model.fp16-00001-of-00002 now and were model-00001-of-00002.fp16 once.
      boolean legacy = !has(found, weight -> !weight.legacy());
      return keep(found, weight -> weight.legacy() == legacy);
    }

    private static List<WeightFile> keep(List<WeightFile> all, Predicate<WeightFile> test) {
      return all.stream().filter(test).toList();
    }

    /** Whether any weights pass; an index without its shards is no reason to choose anything. */
    private static boolean has(List<WeightFile> all, Predicate<WeightFile> test) {
      return all.stream().anyMatch(weight -> !weight.index() && test.test(weight));
    }
  }

  private static String holds(Collection<String> listing) {
    if (listing.isEmpty()) {
      return "it is empty.";
    }
    return "it has "
        + listing.stream().sorted().limit(8).collect(Collectors.joining(", "))
        + (listing.size() > 8 ? " and " + (listing.size() - 8) + " more." : ".");
  }
}
