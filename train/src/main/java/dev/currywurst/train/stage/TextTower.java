package dev.currywurst.train.stage;

import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.text.ClipTextEncoder;
import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.text.Tokens;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A tokenizer and its text tower: captions in, states out. */
final class TextTower implements AutoCloseable {
  private final ClipTokenizer tokenizer;
  private final ClipTextEncoder encoder;
  private final Map<String, float[]> kept = new HashMap<>();

  TextTower(ClipTokenizer tokenizer, ClipTextEncoder encoder) {
    this.tokenizer = tokenizer;
    this.encoder = encoder;
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

  /** As {@link #encode} of a frozen tower: each caption goes through it once. */
  Tensor encodeFrozen(List<String> captions) {
    List<String> missing =
        captions.stream().distinct().filter(caption -> !kept.containsKey(caption)).toList();
    if (!missing.isEmpty()) {
      keep(missing);
    }
    int length = tokenizer.maxLength();
    int width = encoder.config().width();
    float[] states = new float[captions.size() * length * width];
    for (int i = 0; i < captions.size(); i++) {
      System.arraycopy(kept.get(captions.get(i)), 0, states, i * length * width, length * width);
    }
    return Tensor.of(states, captions.size(), length, width);
  }

  private void keep(List<String> captions) {
    try (Scope scope = Scope.open()) {
      float[] states = Grad.off(() -> encode(captions)).toFloats();
      int each = states.length / captions.size();
      for (int i = 0; i < captions.size(); i++) {
        float[] one = new float[each];
        System.arraycopy(states, i * each, one, 0, each);
        kept.put(captions.get(i), one);
      }
    }
  }

  /** Captions with some replaced by the empty one, for guidance. */
  static List<String> dropped(List<String> captions, double[] draws, double share) {
    List<String> result = new ArrayList<>(captions);
    for (int i = 0; i < draws.length; i++) {
      if (draws[i] < share) {
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
