package dev.currywurst.pipeline;

import dev.currywurst.hub.DownloadListener;
import dev.currywurst.hub.Hub;
import dev.currywurst.hub.ModelName;
import dev.currywurst.hub.WantedFiles;
import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Finds models by what a user calls them: a folder, the name of a {@link BundledModel}, or {@code
 * owner/name} on the hub.
 *
 * <pre>{@code
 * ModelFolder model = ModelLocator.standard(DownloadListener.silent()).find("warp-ai/wuerstchen");
 * }</pre>
 */
public final class ModelLocator {
  private static final String PUBLISHED_DECODER = "warp-ai/wuerstchen";
  private static final String PUBLISHED_PRIOR = "warp-ai/wuerstchen-prior";

  private static final String PUBLISHED_IMAGE_ENCODER = "warp-ai/EfficientNetEncoder";

  private final Hub hub;
  private final DownloadListener listener;

  public ModelLocator(Hub hub, DownloadListener listener) {
    this.hub = hub;
    this.listener = listener;
  }

  /** With the cache and the hub that this process's environment describes. */
  public static ModelLocator standard(DownloadListener listener) {
    return new ModelLocator(Hub.standard(System.getenv()), listener);
  }

  /**
   * A whole model. A decoder whose model card names its prior brings that prior along, as {@code
   * warp-ai/wuerstchen} does.
   *
   * @param model a folder or {@code owner/name}
   * @throws CurrywurstException if it cannot be found
   */
  public ModelFolder find(String model) {
    ModelFolder found = locate(model);
    if (found.has(Component.DECODER) && !found.has(Component.PRIOR)) {
      Optional<String> prior = priorOf(found, model);
      if (prior.isPresent()) {
        return find(prior.get(), model);
      }
    }
    return withTextTower(found);
  }

  /**
   * A model of two: the prior paints from text, the decoder turns that into pictures. Of a whole
   * model only that half counts; the image encoder is the prior's, if it brings one.
   *
   * @param prior a folder or {@code owner/name}. One with a Stage C alone takes the text tower of
   *     the published prior, which all published ones were trained with.
   * @param decoder a folder or {@code owner/name}
   */
  public ModelFolder find(String prior, String decoder) {
    ModelFolder first = locate(prior);
    if (!first.has(Component.PRIOR)) {
      throw new CurrywurstException("%s holds no Stage C; it is no prior.".formatted(prior));
    }
    ModelFolder second = locate(decoder);
    if (!second.has(Component.DECODER)) {
      throw new CurrywurstException("%s holds no Stage B; it is no decoder.".formatted(decoder));
    }
    return second.half(false).with(withTextTower(first).half(true));
  }

  private ModelFolder withTextTower(ModelFolder prior) {
    if (!prior.has(Component.PRIOR) || prior.has(Component.PRIOR_TEXT_ENCODER)) {
      return prior;
    }
    WantedFiles tower = WantedFiles.components("text_encoder", "tokenizer", "scheduler");
    return ModelFolder.open(hub.resolve(ModelName.parse(PUBLISHED_PRIOR), tower, listener))
        .with(prior);
  }

  /**
   * The model with the published image encoder, which the published models lack, if it has none.
   */
  public ModelFolder withImageEncoder(ModelFolder model) {
    return model.has(Component.IMAGE_ENCODER)
        ? model
        : withImageEncoder(model, PUBLISHED_IMAGE_ENCODER);
  }

  /**
   * The model with another's image encoder, and nothing else of that.
   *
   * @param encoder a folder or {@code owner/name}
   */
  public ModelFolder withImageEncoder(ModelFolder model, String encoder) {
    return model.with(locate(encoder).require(Component.IMAGE_ENCODER));
  }

  /** One folder or repository, without what it implies. */
  public ModelFolder locate(String model) {
    return ModelFolder.open(folder(model));
  }

  /** Where {@link #locate} looks, which may be a model of another kind, such as a CLIP. */
  public Path folder(String model) {
    // First of all: a folder that happens to have its name is ./NAME.
    return BundledModel.find(model)
        .map(BundledModel::folder)
        .orElseGet(() -> hub.find(model, "a model", PUBLISHED_DECODER, listener));
  }

  private static Optional<String> priorOf(ModelFolder decoder, String name) {
    Path card = decoder.require(Component.DECODER).folder().resolveSibling("README.md");
    List<String> named = Files.isRegularFile(card) ? priors(card) : List.of();
    if (!named.isEmpty()) {
      return Optional.of(named.get(0));
    }
    return name.equals(PUBLISHED_DECODER) ? Optional.of(PUBLISHED_PRIOR) : Optional.empty();
  }

  /**
   * The list {@code prior:} in a model card's head. The head is YAML, but of it only this list in
   * this one form is looked for, and a card that says it otherwise names no prior.
   */
  private static List<String> priors(Path card) {
    List<String> lines;
    try {
      lines = Files.readAllLines(card);
    } catch (IOException e) {
      return List.of(); // Not UTF-8 text, so no card either.
    }
    if (lines.isEmpty() || !lines.get(0).strip().equals("---")) {
      return List.of();
    }
    return lines.stream()
        .skip(1)
        .map(String::strip)
        .takeWhile(line -> !line.equals("---"))
        .dropWhile(line -> !line.equals("prior:"))
        .skip(1)
        .takeWhile(line -> line.startsWith("- "))
        .map(line -> line.substring(2).strip().replaceAll("[\"']", ""))
        .toList();
  }
}
