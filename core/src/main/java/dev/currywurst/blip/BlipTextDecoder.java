package dev.currywurst.blip;

import dev.currywurst.nn.Attention;
import dev.currywurst.nn.Functional;
import dev.currywurst.nn.Init;
import dev.currywurst.nn.LayerNorm;
import dev.currywurst.nn.Linear;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * BLIP's text decoder: a BERT whose layers also look at a picture. {@code BlipTextLMHeadModel} in
 * transformers.
 *
 * <p>It is given one token at a time; what earlier tokens left behind is kept in a {@link Draft},
 * so that nothing is computed twice and no token sees a later one.
 */
public final class BlipTextDecoder {
  private static final Init FRESH = Init.normal(0.02);

  private final BlipConfig.Text config;
  private final Tensor wordEmbedding;
  private final Tensor positionEmbedding;
  private final LayerNorm embeddingNorm;
  private final List<Layer> layers = new ArrayList<>();
  private final Linear headTransform;
  private final LayerNorm headNorm;
  private final Tensor headBias;

  /**
   * A decoder.
   *
   * @param pictureWidth width of the picture tower's states
   */
  public BlipTextDecoder(BlipConfig.Text config, int pictureWidth, Parameters p) {
    this.config = config;
    int width = config.width();
    Parameters embeddings = p.at("bert").at("embeddings");
    this.wordEmbedding =
        embeddings.weight("word_embeddings.weight", FRESH, config.vocabulary(), width);
    this.positionEmbedding =
        embeddings.weight("position_embeddings.weight", FRESH, config.positions(), width);
    this.embeddingNorm = new LayerNorm(embeddings.at("LayerNorm"), width, config.eps());
    for (int i = 0; i < config.layers(); i++) {
      layers.add(new Layer(p.at("bert").at("encoder").at("layer").at(i), config, pictureWidth));
    }
    Parameters head = p.at("cls").at("predictions");
    this.headTransform = new Linear(head.at("transform").at("dense"), width, width, FRESH, true);
    this.headNorm = new LayerNorm(head.at("transform").at("LayerNorm"), width, config.eps());
    this.headBias = head.weight("bias", Init.ZERO, config.vocabulary());
  }

  /** Attention and what follows it: BERT adds and normalises after each step. */
  private static final class AttentionStep {
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear out;
    private final LayerNorm norm;
    private final int heads;

    AttentionStep(Parameters p, BlipConfig.Text config, int otherWidth) {
      int width = config.width();
      Parameters self = p.at("self");
      this.heads = config.heads();
      this.query = new Linear(self.at("query"), width, width, FRESH, true);
      this.key = new Linear(self.at("key"), otherWidth, width, FRESH, true);
      this.value = new Linear(self.at("value"), otherWidth, width, FRESH, true);
      this.out = new Linear(p.at("output").at("dense"), width, width, FRESH, true);
      this.norm = new LayerNorm(p.at("output").at("LayerNorm"), width, config.eps());
    }

    /** x, keys and values may have other batches than each other only as attention allows. */
    Tensor apply(Tensor x, Tensor keys, Tensor values) {
      Tensor attended = Attention.attend(query.apply(x), keys, values, heads);
      return norm.apply(out.applyPlus(attended, x));
    }
  }

  private static final class Layer {
    private final AttentionStep own;
    private final AttentionStep picture;
    private final Linear fc1;
    private final Linear fc2;
    private final LayerNorm norm;

    Layer(Parameters p, BlipConfig.Text config, int pictureWidth) {
      int width = config.width();
      this.own = new AttentionStep(p.at("attention"), config, width);
      this.picture = new AttentionStep(p.at("crossattention"), config, pictureWidth);
      this.fc1 =
          new Linear(p.at("intermediate").at("dense"), width, config.mlpWidth(), FRESH, true);
      this.fc2 = new Linear(p.at("output").at("dense"), config.mlpWidth(), width, FRESH, true);
      this.norm = new LayerNorm(p.at("output").at("LayerNorm"), width, config.eps());
    }
  }

  /** What one layer remembers: of the picture once, of the texts token by token. */
  private static final class Memory {
    private final Tensor pictureKeys; // [1, N, width]
    private final Tensor pictureValues;
    private Tensor keys; // [texts, tokens, width]
    private Tensor values;

    Memory(Layer layer, Tensor picture, int texts, int width) {
      this.pictureKeys = layer.picture.key.apply(picture).own();
      this.pictureValues = layer.picture.value.apply(picture).own();
      this.keys = Tensor.zeros(picture.dtype(), texts, 0, width).to(picture.device()).own();
      this.values = Tensor.zeros(picture.dtype(), texts, 0, width).to(picture.device()).own();
    }

    void append(Tensor moreKeys, Tensor moreValues) {
      set(Tensor.cat(List.of(keys, moreKeys), 1), Tensor.cat(List.of(values, moreValues), 1));
    }

    void choose(Tensor texts) {
      set(keys.indexSelect(0, texts), values.indexSelect(0, texts));
    }

    private void set(Tensor newKeys, Tensor newValues) {
      Tensor oldKeys = keys;
      Tensor oldValues = values;
      keys = newKeys.own();
      values = newValues.own();
      oldKeys.close();
      oldValues.close();
    }

    void close() {
      List.of(pictureKeys, pictureValues, keys, values).forEach(Tensor::close);
    }
  }

  /** Several texts about one picture, as far as they are written; to be closed. */
  public final class Draft implements AutoCloseable {
    private final List<Memory> memories = new ArrayList<>();
    private final int texts;
    private int length;

    private Draft(Tensor picture, int texts) {
      this.texts = texts;
      try (Scope scope = Scope.open()) {
        for (Layer layer : layers) {
          memories.add(new Memory(layer, picture, texts, config.width()));
        }
      }
    }

    /** How many tokens each text has. */
    public int length() {
      return length;
    }

    /**
     * Appends a token to each text.
     *
     * @param tokens one for each text
     * @return the scores of what may follow, [texts, vocabulary]
     * @throws IllegalStateException if the texts are as long as the decoder has positions
     */
    public Tensor append(long... tokens) {
      if (tokens.length != texts || length == config.positions()) {
        throw new IllegalStateException(
            tokens.length + " tokens at position " + length + " of " + texts + " texts");
      }
      return Scope.tidy(
          () -> {
            Tensor ids = Tensor.of(tokens, texts, 1).to(wordEmbedding.device());
            Tensor h =
                embeddingNorm.apply(
                    Functional.embedding(wordEmbedding, ids)
                        .plus(positionEmbedding.narrow(0, length, 1)));
            for (int i = 0; i < layers.size(); i++) {
              h = apply(layers.get(i), memories.get(i), h);
            }
            length++;
            Tensor last = h.reshape(texts, config.width());
            Tensor transformed = headNorm.apply(headTransform.applyGelu(last));
            return Linear.apply(transformed, wordEmbedding, headBias);
          });
    }

    private Tensor apply(Layer layer, Memory memory, Tensor x) {
      return Scope.tidy(
          () -> {
            memory.append(layer.own.key.apply(x), layer.own.value.apply(x));
            Tensor h = layer.own.apply(x, memory.keys, memory.values);
            // One picture for all texts: their tokens are rows of one attention.
            Tensor rows = h.reshape(1, texts, config.width());
            h = layer.picture.apply(rows, memory.pictureKeys, memory.pictureValues);
            h = h.reshape(texts, 1, config.width());
            return layer.norm.apply(layer.fc2.applyPlus(layer.fc1.applyGelu(h), h));
          });
    }

    /** Goes on with these of the texts, in this order; one may be chosen several times. */
    public void choose(long... which) {
      try (Scope scope = Scope.open()) {
        Tensor indices = Tensor.of(which, which.length).to(wordEmbedding.device());
        memories.forEach(memory -> memory.choose(indices));
      }
    }

    @Override
    public void close() {
      memories.forEach(Memory::close);
    }
  }

  /**
   * Begins texts about a picture.
   *
   * @param picture its states, [1, N, picture width]
   * @param texts how many
   */
  public Draft begin(Tensor picture, int texts) {
    return new Draft(picture, texts);
  }

  public BlipConfig.Text config() {
    return config;
  }
}
