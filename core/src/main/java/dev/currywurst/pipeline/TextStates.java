package dev.currywurst.pipeline;

import dev.currywurst.diffusion.Guidance;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The text states of one stage. A tower is loaded again only for pictures that bring other texts:
 * many pictures of one prompt need it once, however many chunks they make.
 */
final class TextStates implements AutoCloseable {
  private final ModelNetworks networks;
  private final Component tower;
  private final Component tokenizer;
  private final Guidance guidance;
  private @Nullable TextConditioning encoded;

  private TextStates(
      ModelNetworks networks, Component tower, Component tokenizer, Guidance guidance) {
    this.networks = networks;
    this.tower = tower;
    this.tokenizer = tokenizer;
    this.guidance = guidance;
  }

  static TextStates stageC(ModelNetworks networks, Guidance guidance) {
    return new TextStates(
        networks, Component.PRIOR_TEXT_ENCODER, Component.PRIOR_TOKENIZER, guidance);
  }

  static TextStates stageB(ModelNetworks networks, Guidance guidance) {
    return new TextStates(
        networks, Component.DECODER_TEXT_ENCODER, Component.DECODER_TOKENIZER, guidance);
  }

  /** Finds what this stage will not read of the texts of these pictures. */
  void findCuts(List<Picture> pictures, CutPrompts cuts) {
    cuts.look(tower, networks.tokenizer(tokenizer), Picture.texts(pictures, guidance));
  }

  /** The states of at least the texts of a chunk; valid until the next chunk asks. */
  TextConditioning of(Chunk chunk) {
    List<String> texts = Picture.texts(chunk.pictures(), guidance);
    TextConditioning states = encoded;
    if (states == null || !states.rows().keySet().containsAll(texts)) {
      close();
      states =
          networks
              .textEncoder(tower)
              .use(
                  chunk.call().listener(),
                  encoder ->
                      TextConditioning.encode(networks.tokenizer(tokenizer), encoder, texts));
      encoded = states;
    }
    return states;
  }

  @Override
  public void close() {
    TextConditioning states = encoded;
    encoded = null;
    if (states != null) {
      states.close();
    }
  }
}
