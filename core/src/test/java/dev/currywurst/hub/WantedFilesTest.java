package dev.currywurst.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import java.util.List;
import org.junit.jupiter.api.Test;

class WantedFilesTest {
  private static final ModelName MODEL = ModelName.parse("owner/name");

  /** As warp-ai/wuerstchen: one component also as pickle, another also in half precision. */
  private static final List<String> WUERSTCHEN =
      List.of(
          ".gitattributes",
          "README.md",
          "model_index.json",
          "collage.jpg",
          "decoder/config.json",
          "decoder/diffusion_pytorch_model.bin",
          "decoder/diffusion_pytorch_model.safetensors",
          "scheduler/scheduler_config.json",
          "text_encoder/config.json",
          "text_encoder/model.fp16.safetensors",
          "text_encoder/model.safetensors",
          "text_encoder/pytorch_model.bin",
          "text_encoder/flax_model.msgpack",
          "text_encoder/model.onnx",
          "tokenizer/merges.txt",
          "tokenizer/tokenizer.json",
          "tokenizer/vocab.json",
          "vqgan/config.json",
          "vqgan/diffusion_pytorch_model.bin");

  @Test
  void takesOneCopyOfEachComponent() {
    assertThat(WantedFiles.components().select(MODEL, WUERSTCHEN))
        .containsExactly(
            "README.md",
            "model_index.json",
            "decoder/config.json",
            "decoder/diffusion_pytorch_model.safetensors",
            "scheduler/scheduler_config.json",
            "text_encoder/config.json",
            "text_encoder/model.safetensors",
            "tokenizer/merges.txt",
            "tokenizer/tokenizer.json",
            "tokenizer/vocab.json",
            "vqgan/config.json",
            "vqgan/diffusion_pytorch_model.bin");
  }

  @Test
  void takesTheVariantWhereAComponentHasIt() {
    assertThat(WantedFiles.components().variant("fp16").select(MODEL, WUERSTCHEN))
        .contains("text_encoder/model.fp16.safetensors")
        .doesNotContain("text_encoder/model.safetensors")
        .contains("decoder/diffusion_pytorch_model.safetensors");
  }

  @Test
  void takesOnlyTheComponentsAskedFor() {
    assertThat(WantedFiles.components("vqgan", "tokenizer").select(MODEL, WUERSTCHEN))
        .containsExactly(
            "README.md",
            "model_index.json",
            "tokenizer/merges.txt",
            "tokenizer/tokenizer.json",
            "tokenizer/vocab.json",
            "vqgan/config.json",
            "vqgan/diffusion_pytorch_model.bin");
    assertThatThrownBy(() -> WantedFiles.components("prior").select(MODEL, WUERSTCHEN))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("owner/name@main has no folder prior/; it has .gitattributes");
  }

  @Test
  void takesShardsWithTheirIndex() {
    assertThat(
            select(
                "unet/config.json",
                "unet/diffusion_pytorch_model-00001-of-00002.safetensors",
                "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
                "unet/diffusion_pytorch_model.fp16-00001-of-00001.safetensors",
                "unet/diffusion_pytorch_model.safetensors.index.fp16.json",
                "unet/diffusion_pytorch_model.safetensors.index.json",
                "unet/pytorch_model.bin.index.json"))
        .containsExactly(
            "unet/config.json",
            "unet/diffusion_pytorch_model-00001-of-00002.safetensors",
            "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
            "unet/diffusion_pytorch_model.safetensors.index.json");
  }

  @Test
  void takesShardsOfAVariantUnderTheirNewNameOrElseTheOld() {
    List<String> old =
        List.of(
            "t/model-00001-of-00001.fp16.safetensors",
            "t/model.safetensors",
            "t/model.safetensors.fp16.index.json");
    assertThat(WantedFiles.components().variant("fp16").select(MODEL, old))
        .containsExactly(
            "t/model-00001-of-00001.fp16.safetensors", "t/model.safetensors.fp16.index.json");

    List<String> both =
        List.of(
            "t/model-00001-of-00001.fp16.safetensors",
            "t/model.fp16-00001-of-00001.safetensors",
            "t/model.safetensors.fp16.index.json",
            "t/model.safetensors.index.fp16.json");
    assertThat(WantedFiles.components().variant("fp16").select(MODEL, both))
        .containsExactly(
            "t/model.fp16-00001-of-00001.safetensors", "t/model.safetensors.index.fp16.json");
  }

  @Test
  void takesOneFileRatherThanItsShards() {
    assertThat(
            select(
                "t/config.json",
                "t/model-00001-of-00001.safetensors",
                "t/model.safetensors",
                "t/model.safetensors.index.json"))
        .containsExactly("t/config.json", "t/model.safetensors");
  }

  @Test
  void aRepositoryCanBeASingleComponent() {
    assertThat(select("README.md", "config.json", "model.safetensors", "pytorch_model.bin"))
        .containsExactly("README.md", "config.json", "model.safetensors");
    // Where the components have folders, weights beside them are another copy.
    assertThat(select("model_index.json", "model.safetensors", "unet/model.safetensors"))
        .containsExactly("model_index.json", "unet/model.safetensors");
  }

  @Test
  void saysWhichVariantsThereAre() {
    assertThatThrownBy(() -> WantedFiles.components().variant("bf16").select(MODEL, WUERSTCHEN))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage("owner/name@main has no weights as variant bf16: ask for fp16 or for none.");
    assertThatThrownBy(() -> select("unet/config.json", "unet/model.fp16.safetensors"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "owner/name@main has weights in unet/ only as variant fp16: ask for that variant.");
  }

  @Test
  void matchesNames() {
    assertThat(WantedFiles.matching("*.bin", "README.md").select(MODEL, WUERSTCHEN))
        .containsExactly(
            "README.md",
            "decoder/diffusion_pytorch_model.bin",
            "text_encoder/pytorch_model.bin",
            "vqgan/diffusion_pytorch_model.bin");
    assertThat(WantedFiles.matching("a[b].p?").select(MODEL, List.of("a[b].pt", "ab.pt")))
        .containsExactly("a[b].pt");
    assertThatThrownBy(() -> WantedFiles.matching("*.gguf").select(MODEL, WUERSTCHEN))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("no file that matches *.gguf");
    assertThatThrownBy(() -> WantedFiles.components().select(MODEL, List.of("stage_c.pt")))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage("owner/name@main is no model folder of diffusers; it has stage_c.pt.");
  }

  private static List<String> select(String... listing) {
    return WantedFiles.components().select(MODEL, List.of(listing));
  }
}
