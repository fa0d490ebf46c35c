package dev.currywurst.train.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.nn.Parameters;
import dev.currywurst.pipeline.Component;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.text.ClipTextConfig;
import dev.currywurst.text.ClipTextEncoder;
import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.train.random.Draws;
import dev.currywurst.weights.ConfigFile;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Networks for a stage: the model's where it has them, fresh ones otherwise.
 *
 * @param config of the run
 * @param basis the model that the run builds on
 */
record NetworkSource(RunConfig config, ModelParts basis) {
  /**
   * The size of a network that is trained: the model's if it has that part, else the
   * configuration's.
   *
   * @param part of the configuration
   * @throws CurrywurstException if both say something and differ
   */
  <C> C size(Component component, String part, Function<ConfigFile, C> read) {
    ConfigFile written = config.part(part);
    if (!basis.has(component)) {
      return read.apply(written);
    }
    C own = read.apply(basis.require(component).config());
    ConfigFile both = overlaid(basis.require(component).config(), written);
    if (!read.apply(both).equals(own)) {
      throw new CurrywurstException(
          "%s describes another %s than the one in %s; leave it out to train that one further, or give a --model without it to begin anew."
              .formatted(written.origin(), component, basis.require(component).folder()));
    }
    return own;
  }

  /** The first file with the second one's values in place of its own. */
  private static ConfigFile overlaid(ConfigFile below, ConfigFile above) {
    ObjectNode json = ConfigFile.newObject();
    below.names().forEach(name -> json.set(name, below.node(name)));
    above.names().forEach(name -> json.set(name, above.node(name)));
    return ConfigFile.of(above.origin(), json);
  }

  /** What draws fresh weights, each with numbers of its own: part of what a seed means. */
  enum Stream {
    STAGE_A(0),
    DISCRIMINATOR(1),
    IMAGE_ENCODER(2),
    STAGE_B(3),
    STAGE_B_TEXT(4),
    STAGE_C(5),
    STAGE_C_TEXT(6),
    CLIP(7),
    LORA(8);

    private final int number;

    Stream(int number) {
      this.number = number;
    }
  }

  /** A network that is trained: the model's, or a fresh one. */
  <N> N trainable(
      Component component, Draws draws, Stream stream, Function<Parameters, N> network) {
    return basis.has(component)
        ? basis.trainable(component, network)
        : network.apply(fresh(draws, stream));
  }

  /** Fresh weights. */
  static Parameters fresh(Draws draws, Stream stream) {
    return Parameters.fresh(seed(draws, stream));
  }

  /** What fresh weights of a kind are drawn from. */
  static long seed(Draws draws, Stream stream) {
    return draws.key(Draws.Purpose.INITIAL_WEIGHTS, 0, stream.number);
  }

  /**
   * A text tower with its tokenizer: the model's, or a small fresh one that knows these captions'
   * words.
   *
   * @param component {@link Component#PRIOR_TEXT_ENCODER} or {@link Component#DECODER_TEXT_ENCODER}
   * @param size of the tower
   * @param trained whether its weights will change
   */
  TextTower tower(
      Component component, TowerSize size, List<String> captions, Draws draws, boolean trained) {
    if (!basis.has(component)) {
      ClipTokenizer tokenizer = size.tokenizer(captions);
      Stream stream =
          component == Component.PRIOR_TEXT_ENCODER ? Stream.STAGE_C_TEXT : Stream.STAGE_B_TEXT;
      ClipTextEncoder encoder = new ClipTextEncoder(size.config(tokenizer), fresh(draws, stream));
      return new TextTower(tokenizer, encoder, basis.kept());
    }
    return basis.tower(component, trained);
  }

  /**
   * The size of a fresh text tower.
   *
   * @param merges of the tokenizer: the vocabulary beyond single letters
   * @param length tokens of a caption
   * @param words that the vocabulary should have beside those of the captions
   */
  record TowerSize(
      int width, int layers, int heads, int mlpWidth, int merges, int length, List<String> words) {
    /**
     * Reads the two parts.
     *
     * @param width of the states
     */
    static TowerSize read(ConfigFile tokens, ConfigFile tower, int width) {
      BoundedConfig words = new BoundedConfig(tokens);
      BoundedConfig sizes = new BoundedConfig(tower);
      TowerSize size =
          new TowerSize(
              width,
              sizes.atLeast(1, 3, "num_hidden_layers"),
              sizes.atLeast(1, 4, "num_attention_heads"),
              sizes.atLeast(1, 4 * width, "intermediate_size"),
              words.atLeast(0, 2000, "merges"),
              words.atLeast(3, 77, "max_length"),
              tokens.stringList(List.of(), "words"));
      tokens.requireAllKnown();
      tower.requireAllKnown();
      if (width % size.heads() != 0) {
        throw new CurrywurstException(
            "%s: num_attention_heads is %d, which does not divide the tower's width of %d; give a number that does."
                .formatted(tower.origin(), size.heads(), width));
      }
      return size;
    }

    /** A tokenizer that knows the words of captions. */
    ClipTokenizer tokenizer(List<String> captions) {
      List<String> texts = new ArrayList<>(captions);
      texts.addAll(words);
      texts.addAll(words); // Twice, since pairs that occur once are not joined.
      return ClipTokenizer.train(texts, merges, length);
    }

    /** Adds the size to a description. */
    void describe(ObjectNode json) {
      json.put("hidden_size", width)
          .put("num_hidden_layers", layers)
          .put("num_attention_heads", heads)
          .put("intermediate_size", mlpWidth)
          .put("merges", merges)
          .put("max_length", length)
          .put("words", words.hashCode());
    }

    ClipTextConfig config(ClipTokenizer tokenizer) {
      return new ClipTextConfig(
          width,
          layers,
          heads,
          mlpWidth,
          tokenizer.vocabularySize(),
          tokenizer.maxLength(),
          ClipTextConfig.Activation.GELU,
          1e-5);
    }
  }

  /**
   * Reads "tokenizer" and "text_encoder".
   *
   * @param width of the states, which the stage takes
   * @throws CurrywurstException if the model has a tower of another width
   */
  TowerSize towerSize(Component component, int width) {
    TowerSize size = TowerSize.read(config.part("tokenizer"), config.part("text_encoder"), width);
    if (basis.has(component)) {
      int own = ClipTextConfig.read(basis.require(component).config()).width();
      if (own != width) {
        throw new CurrywurstException(
            "The %s makes states of width %d where %d are expected; give the stage that width in the configuration."
                .formatted(component, own, width));
      }
    }
    return size;
  }

  /** Adds the tower's size to a description, if it is a fresh one. */
  void describe(ObjectNode json, Component component, TowerSize size) {
    if (!basis.has(component)) {
      size.describe(json.putObject("text_encoder"));
    }
  }

  /**
   * Fails unless the picture's sides can be halved as often as a network does.
   *
   * @param compression pixels for one value of what the network makes
   */
  static void requireMultiple(int resolution, int compression, String network) {
    if (resolution < compression || resolution % compression != 0) {
      throw new CurrywurstException(
          "The resolution of %d pixels does not suit the %s; give a multiple of %d."
              .formatted(resolution, network, compression));
    }
  }
}
