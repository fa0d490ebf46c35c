package dev.currywurst.pipeline;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.text.ClipTextEncoder;
import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Text states of some texts, each encoded once however many pictures use it.
 *
 * @param states [T, 77, width], owned by this
 * @param rows where each text is
 */
record TextConditioning(Tensor states, Map<String, Integer> rows) implements AutoCloseable {
  /** Texts at a time through the tower. */
  private static final int CHUNK = 8;

  static TextConditioning encode(
      ClipTokenizer tokenizer, ClipTextEncoder encoder, List<String> texts) {
    List<String> distinct = texts.stream().distinct().toList();
    if (tokenizer.maxLength() > encoder.config().positions()
        || tokenizer.vocabularySize() > encoder.config().vocabulary()) {
      throw new CurrywurstException(
          "The tokenizer has rows of %d tokens and %d ids, and its text tower takes rows of %d and %d ids; they come from different models."
              .formatted(
                  tokenizer.maxLength(),
                  tokenizer.vocabularySize(),
                  encoder.config().positions(),
                  encoder.config().vocabulary()));
    }
    Map<String, Integer> rows = new LinkedHashMap<>();
    distinct.forEach(text -> rows.put(text, rows.size()));
    Tensor states =
        Scope.tidy(
            () -> {
              List<Tensor> parts = new ArrayList<>();
              for (int i = 0; i < distinct.size(); i += CHUNK) {
                Tokens tokens =
                    tokenizer.encode(distinct.subList(i, Math.min(distinct.size(), i + CHUNK)));
                parts.add(encode(encoder, tokens));
              }
              return Tensor.cat(parts, 0);
            });
    return new TextConditioning(states.own(), rows);
  }

  private static Tensor encode(ClipTextEncoder encoder, Tokens tokens) {
    return Scope.tidy(
        () ->
            encoder.encode(
                tensor(encoder, tokens, tokens.ids()), tensor(encoder, tokens, tokens.mask())));
  }

  private static Tensor tensor(ClipTextEncoder encoder, Tokens tokens, int[] values) {
    long[] wide = Arrays.stream(values).asLongStream().toArray();
    Tensor weight = encoder.parameters().weights().values().iterator().next();
    return Tensor.of(wide, tokens.batch(), tokens.length()).to(weight.device());
  }

  /** The states of some texts in their order, [n, 77, width]. */
  Tensor of(List<String> texts) {
    return Scope.tidy(
        () -> {
          long[] indices = texts.stream().mapToLong(rows::get).toArray();
          return states.indexSelect(0, Tensor.of(indices, indices.length).to(states.device()));
        });
  }

  @Override
  public void close() {
    states.close();
  }
}
