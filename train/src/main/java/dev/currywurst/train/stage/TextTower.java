package dev.currywurst.train.stage;

import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.text.ClipTextEncoder;
import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.text.Tokens;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Part;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A tokenizer and its text tower: captions in, states out. */
final class TextTower implements AutoCloseable {
  private final ClipTokenizer tokenizer;
  private final ClipTextEncoder encoder;
  private final Path kept;
  private final Map<String, String> keys = new HashMap<>();
  private @Nullable KeptFeatures features;
  private long leftFree;

  /**
   * A tower.
   *
   * @param kept where states are kept as long as the tower is frozen
   */
  TextTower(ClipTokenizer tokenizer, ClipTextEncoder encoder, Path kept) {
    this.tokenizer = tokenizer;
    this.encoder = encoder;
    this.kept = kept;
  }

  ClipTokenizer tokenizer() {
    return tokenizer;
  }

  ClipTextEncoder encoder() {
    return encoder;
  }

  /** States of captions [B, T, width], through the tower: gradients reach it. */
  Tensor encode(List<String> captions) {
    return Scope.tidy(
        () -> {
          Tokens tokens = tokenizer.encode(captions);
          long length = tokens.length();
          Tensor ids = Tensor.of(longs(tokens.ids()), tokens.batch(), length);
          Tensor mask = Tensor.of(longs(tokens.mask()), tokens.batch(), length);
          return encoder.encode(ids, mask);
        });
  }

  /** Leaves so many bytes of the disk to others than what is kept of the frozen tower's states. */
  void leaveFree(long bytes) {
    leftFree = bytes;
    if (features != null) {
      features.leaveFree(bytes);
    }
  }

  /** As {@link #encode} of a frozen tower: each caption goes through it once. */
  Tensor encodeFrozen(List<String> captions) {
    if (features == null) {
      String owner =
          new Fingerprint()
              .add(encoder.config().toString())
              .add(encoder.parameters().state())
              .hex();
      features = new KeptFeatures(new FeatureStore(kept, owner));
      features.leaveFree(leftFree);
    }
    return features.of(
        captions.stream().map(this::key).toList(),
        places -> encode(places.stream().map(captions::get).toList()),
        tokenizer.maxLength(),
        encoder.config().width());
  }

  /** All that the tower sees of a caption. */
  private Optional<String> key(String caption) {
    return Optional.of(
        keys.computeIfAbsent(
            caption,
            text -> {
              Tokens.Row row = tokenizer.encode(List.of(text)).rows().get(0);
              return new Fingerprint().add(row.ids() + " " + row.used()).hex();
            }));
  }

  /** Captions with some replaced by the empty one, for guidance. */
  static List<String> dropped(List<String> captions, Draws draws, Part part, double share) {
    double[] chance = draws.uniform(Draws.Purpose.CAPTION_DROPOUT, part);
    List<String> result = new ArrayList<>(captions);
    for (int i = 0; i < chance.length; i++) {
      if (chance[i] < share) {
        result.set(i, "");
      }
    }
    return result;
  }

  private static long[] longs(int[] values) {
    long[] result = new long[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = values[i];
    }
    return result;
  }

  @Override
  public void close() {
    encoder.close();
  }
}
