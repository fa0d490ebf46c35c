package dev.currywurst.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.diffusion.Timesteps;
import dev.currywurst.tensor.CurrywurstException;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class GenerationRequestTest {
  private final GenerationRequest request = GenerationRequest.of("a dragon");

  @Test
  void beginsAsPublished() {
    assertThat(request.timesteps()).isEqualTo(Timesteps.STAGE_C);
    assertThat(request.decoderTimesteps().steps()).isEqualTo(12);
    assertThat(request.guidance()).isEqualTo(4.0);
    assertThat(request.decoderGuidance()).isZero();
    assertThat(request.width()).isEmpty();
  }

  @Test
  void eachPictureHasItsPromptAndItsSeed() {
    GenerationRequest four =
        GenerationRequest.of("a dragon", "a fish")
            .withNegativePrompts("blurry")
            .withImagesPerPrompt(2)
            .withSeed(7);
    assertThat(four.pictures()).isEqualTo(4);
    assertThat(four.prompt(1)).isEqualTo("a dragon");
    assertThat(four.prompt(2)).isEqualTo("a fish");
    assertThat(four.negativePrompt(3)).isEqualTo("blurry");
    assertThat(four.seed(3)).isEqualTo(10);
  }

  @Test
  void saysWhatIsWrongInOneSentence() {
    refuses(() -> GenerationRequest.of(List.of()), "There is no prompt; say what to paint.");
    refuses(() -> GenerationRequest.of("  "), "The prompt is empty; say what to paint.");
    refuses(() -> GenerationRequest.of("a", " "), "Prompt 2 of 2 is empty; say what to paint.");
    refuses(
        () -> GenerationRequest.of("a", "b", "c").withNegativePrompts("x", "y"),
        "There are 2 negative prompts for 3 prompts; give one for all, or one each.");
    refuses(
        () -> request.withImagesPerPrompt(0),
        "The number of pictures per prompt is 0; give at least 1, and at most 100000 pictures in all.");
    refuses(() -> request.withSize(0, 128), "The width is 0 pixels; give 1 to 8192.");
    refuses(() -> request.withHeight(-128), "The height is -128 pixels; give 1 to 8192.");
    refuses(() -> request.withWidth(1_000_000), "The width is 1000000 pixels; give 1 to 8192.");
    refuses(
        () -> request.withGuidance(Double.NaN),
        "The guidance is NaN; give a number of at least 0 (1 and less mean none).");
    refuses(
        () -> request.withDecoderGuidance(-1),
        "The decoder guidance is -1.0; give a number of at least 0 (1 and less mean none).");
  }

  private static void refuses(ThrowingCallable call, String sentence) {
    assertThatThrownBy(call).isInstanceOf(CurrywurstException.class).hasMessage(sentence);
  }
}
