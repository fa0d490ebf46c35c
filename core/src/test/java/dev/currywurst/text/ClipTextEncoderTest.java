package dev.currywurst.text;

import static dev.currywurst.testing.ParityCase.assertClose;

import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testing.ParityCase;
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
}
