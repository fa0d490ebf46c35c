package dev.currywurst.blip;

import dev.currywurst.hub.DownloadListener;
import dev.currywurst.hub.Hub;
import dev.currywurst.image.Image;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.text.BertTokenizer;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.weights.WeightSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Says what pictures show, with a published BLIP such as {@code
 * Salesforce/blip-image-captioning-base}.
 *
 * <pre>{@code
 * try (BlipCaptioner captioner = BlipCaptioner.load(folder)) {
 *   String caption = captioner.caption(image, "a picture of", CaptionSearch.DEFAULT);
 * }
 * }</pre>
 */
public final class BlipCaptioner implements AutoCloseable {
  /** Used where no model is named. */
  public static final String PUBLISHED = "Salesforce/blip-image-captioning-base";

  /** Second names of the word embeddings and the bias, which files may hold again. */
  private static final String TIED = "text_decoder.cls.predictions.decoder.";

  private final BlipTokenizing tokenizing;
  private final BlipPreprocessing preprocessing;
  private final BlipVisionEncoder vision;
  private final BlipTextDecoder text;
  private final Parameters parameters;

  private BlipCaptioner(
      BlipConfig config, BlipTokenizing tokenizing, BlipPreprocessing preprocessing, Parameters p) {
    this.tokenizing = tokenizing;
    this.preprocessing = preprocessing;
    this.vision = new BlipVisionEncoder(config.vision(), p.at("vision_model"));
    this.text = new BlipTextDecoder(config.text(), config.vision().width(), p.at("text_decoder"));
    this.parameters = p;
  }

  /** Texts to tokens and back, with the tokens that the decoder wants at both ends. */
  private record BlipTokenizing(BertTokenizer tokenizer, int beginId) {
    List<Integer> prompt(String prompt) {
      List<Integer> ids = new ArrayList<>(List.of(beginId));
      ids.addAll(tokenizer.ids(prompt));
      return ids;
    }
  }

  /**
   * Finds a BLIP by what a user calls it: a folder, or {@code owner/name} on the hub.
   *
   * @throws CurrywurstException if there is none, or it is broken
   */
  public static BlipCaptioner find(String name, Hub hub, DownloadListener listener) {
    return load(hub.find(name, "a BLIP", PUBLISHED, listener));
  }

  /**
   * Reads a published folder in float32: {@code config.json}, the weights, {@code vocab.txt} and,
   * if it is there, {@code preprocessor_config.json}.
   *
   * @throws CurrywurstException if a file is missing or broken, or they do not fit each other
   */
  public static BlipCaptioner load(Path folder) {
    BlipConfig config = BlipConfig.read(ConfigFile.read(folder.resolve("config.json")));
    BertTokenizer tokenizer = BertTokenizer.load(folder);
    Path numbers = folder.resolve(BlipPreprocessing.FILE);
    int side = config.vision().side();
    BlipPreprocessing preprocessing =
        Files.isRegularFile(numbers)
            ? BlipPreprocessing.read(ConfigFile.read(numbers), side)
            : BlipPreprocessing.of(side);
    WeightFile file = WeightFile.ofFolder(folder, "a BLIP").without(name -> name.startsWith(TIED));
    BlipTokenizing tokenizing = new BlipTokenizing(tokenizer, config.text().beginId());
    try (Scope scope = Scope.open()) {
      return WeightSource.mapped(file, DType.FLOAT32, Device.CPU)
          .build(p -> new BlipCaptioner(config, tokenizing, preprocessing, p));
    }
  }

  /**
   * Captions a picture.
   *
   * @param prompt how the caption shall begin; empty for any beginning
   * @return the caption with the prompt, in lower case, as BLIP was taught
   */
  public String caption(Image picture, String prompt, CaptionSearch search) {
    return tokenizing.tokenizer().decode(tokens(picture, prompt, search));
  }

  /** The tokens of a caption, with those at both ends. */
  List<Integer> tokens(Image picture, String prompt, CaptionSearch search) {
    return Grad.off(
        () -> {
          try (Scope scope = Scope.open()) {
            Tensor states = vision.encode(preprocessing.apply(picture));
            return search.write(text, states, tokenizing.prompt(prompt));
          }
        });
  }

  BlipPreprocessing preprocessing() {
    return preprocessing;
  }

  BlipVisionEncoder vision() {
    return vision;
  }

  BlipTextDecoder text() {
    return text;
  }

  @Override
  public void close() {
    parameters.close();
  }
}
