package dev.currywurst.wuerstchen;

import dev.currywurst.nn.Attention;
import dev.currywurst.nn.Dropout;
import dev.currywurst.nn.Functional;
import dev.currywurst.nn.Linear;
import dev.currywurst.nn.LinearChain;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.List;

/**
 * Every pixel attends to all pixels and all text tokens, without positions or mask. {@code
 * AttnBlock} in diffusers.
 */
final class AttentionBlock {
  private static final double EPS = 1e-6;

  private final Linear textMapper;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear out;
  private final int heads;
  private final double dropout;

  AttentionBlock(Parameters p, int channels, int textWidth, int heads, double dropout) {
    this.textMapper = new Linear(p.at("kv_mapper").at(1), textWidth, channels);
    Parameters attention = p.at("attention");
    this.query = new Linear(attention.at("to_q"), channels, channels);
    this.key = new Linear(attention.at("to_k"), channels, channels);
    this.value = new Linear(attention.at("to_v"), channels, channels);
    this.out = new Linear(attention.at("to_out").at(0), channels, channels);
    this.heads = heads;
    this.dropout = dropout;
  }

  /** Keys and values of the text tokens, [R, 77, C] each: the same at every step. */
  record Memory(Tensor keys, Tensor values) {}

  /** Computes the text's part once. {@code text} is [R, 77, textWidth]. */
  Memory memory(Tensor text) {
    return memories(text, List.of(this)).get(0);
  }

  /** The text's part of each of some blocks. */
  static List<Memory> memories(Tensor text, List<AttentionBlock> blocks) {
    try (Scope scope = Scope.open()) {
      List<List<Tensor>> all =
          LinearChain.applyAll(
              Functional.silu(text), blocks.stream().map(AttentionBlock::textChain).toList());
      return all.stream()
          .map(both -> new Memory(scope.keep(both.get(0)), scope.keep(both.get(1))))
          .toList();
    }
  }

  private LinearChain textChain() {
    return new LinearChain(textMapper, List.of(key, value));
  }

  /** [B, H, W, C] to the same; {@code memory} has B rows. */
  Tensor apply(Tensor x, Memory memory, Dropout random) {
    return Scope.tidy(
        () -> {
          long batch = x.size(0);
          Tensor tokens = Functional.layerNorm(x, EPS).reshape(batch, -1, x.size(3));
          List<Tensor> own = Linear.applyAll(tokens, List.of(query, key, value));
          List<Tensor> keys = List.of(own.get(1), rows(memory.keys(), batch));
          List<Tensor> values = List.of(own.get(2), rows(memory.values(), batch));
          Tensor attended = Attention.attend(own.get(0), keys, values, heads);
          Tensor places = attended.reshape(x.shape());
          return dropout == 0 || random == Dropout.OFF
              ? out.applyPlus(places, x)
              : x.plus(random.apply(out.apply(places), dropout));
        });
  }

  /** One text row serves all pictures of a prompt. */
  private static Tensor rows(Tensor memory, long batch) {
    return memory.size(0) == batch ? memory : memory.expand(batch, memory.size(1), memory.size(2));
  }
}
