package dev.currywurst.wuerstchen;

import dev.currywurst.nn.Linear;
import dev.currywurst.nn.NoiseLevelEmbedding;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What each block of a network makes of noise levels. Sampling knows its levels beforehand: one
 * product a block serves all of them, where one a block and step would read the same weights over
 * and over. Training joins the products of all blocks where they are small.
 *
 * <p>Made by {@link StageC#levels} and {@link StageB#levels}, and good for that network alone.
 */
public final class NoiseLevels {
  /**
   * x·scale + shift.
   *
   * @param scale [n, 1, 1, C], n levels or the levels of n pictures
   * @param shift of the same shape
   */
  record Modulation(Tensor scale, Tensor shift) {
    private Modulation at(int index) {
      return new Modulation(scale.narrow(0, index, 1), shift.narrow(0, index, 1));
    }
  }

  private final Map<NoiseLevelBlock, Modulation> modulations;

  private NoiseLevels(Map<NoiseLevelBlock, Modulation> modulations) {
    this.modulations = modulations;
  }

  /**
   * The modulations of all {@code blocks}.
   *
   * @param levels from 0 to 1, [n], float32
   * @param width of the embedding
   */
  static NoiseLevels of(Tensor levels, int width, Parameters p, List<NoiseLevelBlock> blocks) {
    try (Scope scope = Scope.open()) {
      Tensor embedded = NoiseLevelEmbedding.of(levels, width).to(p.dtype());
      List<Tensor> mapped =
          Linear.applyAll(embedded, blocks.stream().map(NoiseLevelBlock::mapper).toList());
      Map<NoiseLevelBlock, Modulation> modulations = new LinkedHashMap<>();
      for (int i = 0; i < blocks.size(); i++) {
        Modulation modulation = NoiseLevelBlock.modulation(mapped.get(i));
        scope.keep(modulation.scale());
        scope.keep(modulation.shift());
        modulations.put(blocks.get(i), modulation);
      }
      return new NoiseLevels(modulations);
    }
  }

  /** The {@code index}-th level alone, for all pictures. */
  public NoiseLevels at(int index) {
    Map<NoiseLevelBlock, Modulation> row = new LinkedHashMap<>();
    modulations.forEach((block, modulation) -> row.put(block, modulation.at(index)));
    return new NoiseLevels(row);
  }

  Modulation of(NoiseLevelBlock block) {
    return Objects.requireNonNull(modulations.get(block), "made by another network");
  }
}
