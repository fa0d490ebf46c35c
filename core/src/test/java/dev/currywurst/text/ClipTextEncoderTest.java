package dev.currywurst.text;

import static dev.currywurst.testing.ParityCase.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testing.AskedWeights;
import dev.currywurst.testing.ParityCase;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClipTextEncoderTest {
  private final ParityCase reference = ParityCase.stored();

  @Test
  void equalsTransformersWithPaddingMasked() {
    ClipTextConfig config = ClipTextConfig.read(reference.config("prior/text_encoder"));
    try (Scope scope = Scope.open();
        ClipTextEncoder encoder =
            reference.network(
                "prior/text_encoder", "model.safetensors", p -> new ClipTextEncoder(config, p))) {
      Tensor states = encoder.encode(reference.tensor("text.ids"), reference.tensor("text.mask"));
      assertClose(states, reference.tensor("text.prior_hidden"), 1e-5);
    }
  }

  @Test
  void tokenizerGivesTheReferencesIdsAndMask() {
    ClipTokenizer tokenizer =
        ClipTokenizer.load(reference.folder().resolve("prior").resolve("tokenizer"));
    Tokens tokens = tokenizer.encode(List.of("a small green dragon", ""));
    try (Scope scope = Scope.open()) {
      assertThat(Arrays.stream(tokens.ids()).asLongStream().toArray())
          .isEqualTo(reference.tensor("text.ids").toLongs());
      assertThat(Arrays.stream(tokens.mask()).asLongStream().toArray())
          .isEqualTo(reference.tensor("text.mask").toLongs());
    }
  }

  @Test
  void publishedTowersHaveTheirParameters() {
    assertThat(AskedWeights.of(p -> new ClipTextEncoder(ClipTextConfig.BIG_G, p)).count())
        .isEqualTo(693_021_440);
    assertThat(AskedWeights.of(p -> new ClipTextEncoder(ClipTextConfig.H, p)).count())
        .isEqualTo(352_984_064);
  }
}
