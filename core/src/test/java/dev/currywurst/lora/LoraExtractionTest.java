package dev.currywurst.lora;

import static dev.currywurst.lora.LoraFixtures.difference;
import static dev.currywurst.lora.LoraFixtures.file;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.SafetensorsWriter;
import dev.currywurst.weights.WeightFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LoRAs of what a fine-tuning changed. */
class LoraExtractionTest {
  private static final LoraTarget QUERY = new LoraTarget(LoraPart.PRIOR, "blocks.2.attention.to_q");

  @TempDir private Path folder = Path.of("");
  private final WeightFile base = LoraFixtures.stageCWeights();

  private LoraExtraction extract(WeightFile tuned, AdapterSettings settings) {
    return LoraExtraction.of(LoraPart.PRIOR, base, tuned, settings, target -> {});
  }

  private static AdapterSettings all(int rank) {
    return AdapterSettings.of(rank).withTargets(List.of(AdapterSettings.ALL_LINEAR));
  }

  @Test
  void findsALoraThatWasMergedAgain() {
    LoraFile lora = LoraFile.open(file("peft"));
    Path merged = folder.resolve("merged.safetensors");
    var change = LoraMerge.of(List.of(lora.scaled(1)), LoraPart.PRIOR).orElseThrow();
    SafetensorsWriter.write(merged, base, change, Map.of());
    try (Scope scope = Scope.open()) {
      LoraExtraction found = extract(WeightFile.open(merged), all(5));
      assertThat(found.layers().keySet()).isEqualTo(lora.layers().keySet());
      assertThat(found.leftOut()).isEmpty();
      assertThat(found.keptShare()).isCloseTo(1, within(1e-9));
      found
          .layers()
          .forEach(
              (target, factors) ->
                  assertThat(difference(factors.product(1), lora.factors(target).product(1)))
                      .as(target.toString())
                      .isLessThan(1e-5));
    }
  }

  /** Rank 1 of a rank of 5 keeps what the largest singular value says, and no other does better. */
  @Test
  void keepsTheLargestPart() {
    LoraFile lora = LoraFile.open(file("peft"));
    Path merged = folder.resolve("merged.safetensors");
    var change = LoraMerge.of(List.of(lora.scaled(1)), LoraPart.PRIOR).orElseThrow();
    SafetensorsWriter.write(merged, base, change, Map.of());
    try (Scope scope = Scope.open()) {
      LoraExtraction found =
          extract(WeightFile.open(merged), AdapterSettings.of(1).withTargets(List.of("to_q")));
      assertThat(found.layers()).hasSize(2).containsKey(QUERY);
      assertThat(found.leftOut()).hasSize(16);
      double[] values = doubles(lora.factors(QUERY).product(1).singularVectors().values());
      double all = 0;
      for (double value : values) {
        all += value * value;
      }
      LoraExtraction.Squares squares = found.squares().get(QUERY);
      assertThat(1 - squares.missing() / squares.all())
          .isCloseTo(values[0] * values[0] / all, within(1e-4));
    }
  }

  private static double[] doubles(Tensor values) {
    float[] floats = values.toFloats();
    double[] doubles = new double[floats.length];
    for (int i = 0; i < floats.length; i++) {
      doubles[i] = floats[i];
    }
    return doubles;
  }

  /** Older files of a tower hold its fixed positions, newer ones have lost the outer name. */
  @Test
  void comparesTowersAsDifferentReleasesOfTransformersSaveThem() {
    WeightFile tower = LoraFixtures.textEncoderWeights();
    Path older = folder.resolve("older.safetensors");
    Path newer = folder.resolve("newer.safetensors");
    String query = "encoder.layers.0.self_attn.q_proj.weight";
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> olders = new LinkedHashMap<>();
      Map<String, Tensor> newers = new LinkedHashMap<>();
      for (String name : tower.names()) {
        String bare = name.replace("text_model.", "");
        olders.put("text_model." + bare, tower.tensor(name));
        newers.put(bare, bare.equals(query) ? tower.tensor(name).plus(1) : tower.tensor(name));
      }
      olders.put("text_model.embeddings.position_ids", Tensor.of(new long[77], 1, 77));
      SafetensorsWriter.write(older, olders);
      SafetensorsWriter.write(newer, newers);
      for (List<Path> pair : List.of(List.of(older, newer), List.of(newer, older))) {
        LoraExtraction found =
            LoraExtraction.of(
                LoraPart.TEXT_ENCODER,
                WeightFile.open(pair.get(0)),
                WeightFile.open(pair.get(1)),
                all(1),
                target -> {});
        assertThat(found.layers().keySet())
            .extracting(LoraTarget::weight)
            .containsExactly("text_model." + query);
        assertThat(found.leftOut()).isEmpty();
        assertThat(found.keptShare()).isCloseTo(1, within(1e-6));
      }
    }
  }

  /** A deeper network is another one, from whichever side it is looked at. */
  @Test
  void refusesWeightsThatOnlyOneOfTheModelsHas() {
    Path deeper = folder.resolve("deeper.safetensors");
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      base.names().forEach(name -> weights.put(name, base.tensor(name)));
      weights.put("blocks.99.depthwise.bias", Tensor.of(new float[4], 4));
      SafetensorsWriter.write(deeper, weights);
    }
    WeightFile other = WeightFile.open(deeper);
    assertThatThrownBy(() -> extract(other, all(1)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "%s has no weight blocks.99.depthwise.bias, which is in %s; the models are of different make.",
            base.path(), deeper);
    assertThatThrownBy(() -> LoraExtraction.of(LoraPart.PRIOR, other, base, all(1), target -> {}))
        .hasMessageContaining("has no weight blocks.99.depthwise.bias");
  }

  @Test
  void tellsWhatALoraCannotHold() {
    Path changed = folder.resolve("changed.safetensors");
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      base.names().forEach(name -> weights.put(name, base.tensor(name)));
      for (String name : List.of("blocks.0.channelwise.2.gamma", "blocks.0.depthwise.weight")) {
        weights.computeIfPresent(name, (n, weight) -> weight.plus(1));
      }
      SafetensorsWriter.write(changed, weights);
      LoraExtraction found = extract(WeightFile.open(changed), all(4));
      assertThat(found.layers()).isEmpty();
      assertThat(found.leftOut())
          .containsExactlyInAnyOrder("blocks.0.channelwise.2.gamma", "blocks.0.depthwise.weight");
    }
  }
}
