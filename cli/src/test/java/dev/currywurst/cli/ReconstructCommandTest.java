package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A picture in, what a model keeps of it out. */
class ReconstructCommandTest {
  @TempDir Path folder;

  private static List<Object> reconstruct(Path image) {
    return List.of(
        "reconstruct", image, "--model", Fixtures.wuerstchen(), "--decoder-steps", 2, "--quiet");
  }

  @Test
  void givesBackAPictureOfTheSameSize() {
    Path picture = folder.resolve("picture.png");
    Png.write(Image.filled(100, 70, new Rgb(200, 30, 30)), picture);
    Path file = folder.resolve("again.png");
    Run run = Run.of(reconstruct(picture), "-o", file);
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    Image again = ImageDecoder.DEFAULT.read(file, Rgb.WHITE);
    assertThat(again.width()).isEqualTo(100);
    assertThat(again.height()).isEqualTo(70);
  }

  @Test
  void paintsFromSavedLatentsWhatItPaintsFromThePicture() {
    Path picture = folder.resolve("picture.png");
    Png.write(Image.filled(128, 128, new Rgb(30, 30, 200)), picture);
    Path file = folder.resolve("again.png");
    Path latents = folder.resolve("latents.safetensors");
    Run run =
        Run.of(reconstruct(picture), "-o", file, "--save-latents", latents, "--dtype", "float32");
    assertThat(run.files()).containsExactly(latents, file);

    Path decoded = folder.resolve("decoded.png");
    Run.of(reconstruct(latents), "-o", decoded, "--dtype", "float32");
    assertThat(decoded).hasSameBinaryContentAs(file);
    Path other = folder.resolve("other.png");
    Run.of(reconstruct(latents), "-o", other, "--seed", 1);
    assertThat(ImageDecoder.DEFAULT.read(other, Rgb.WHITE))
        .isNotEqualTo(ImageDecoder.DEFAULT.read(file, Rgb.WHITE));
  }

  @Test
  void tellsWhatIsNoPicture() throws IOException {
    Path file = folder.resolve("again.png");
    Path text = Files.writeString(folder.resolve("text.png"), "not a picture");
    for (Object[] wrong :
        new Object[][] {
          {folder.resolve("missing.png"), "There is no file"},
          {text, "text.png"},
          {
            Fixtures.path("wuerstchen/prior/prior/diffusion_pytorch_model.safetensors"),
            "does not hold Stage C latents"
          }
        }) {
      Run run = Run.of(reconstruct((Path) wrong[0]), "-o", file);
      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.err()).contains((String) wrong[1]);
      assertThat(run.err().strip().lines()).hasSize(1);
      assertThat(file).doesNotExist();
    }
  }

  @Test
  void takesNothingButTheImageEncoderFromItsModel() throws IOException {
    Path picture = folder.resolve("picture.png");
    Png.write(Image.filled(128, 128, new Rgb(30, 30, 200)), picture);
    Path encoder = folder.resolve("model/image_encoder");
    Files.createDirectories(encoder);
    for (String name : List.of("config.json", "diffusion_pytorch_model.safetensors")) {
      Files.copy(
          Fixtures.wuerstchen().resolve("image_encoder").resolve(name), encoder.resolve(name));
    }
    // A Stage A that cannot be loaded.
    Files.createDirectories(folder.resolve("model/decoder/vqgan"));
    Path file = folder.resolve("again.png");
    Run run = Run.of(reconstruct(picture), "-o", file, "--image-encoder", folder.resolve("model"));
    assertThat(run.exitCode()).as(run.err()).isZero();

    Path none = Fixtures.wuerstchen().resolve("decoder");
    assertThat(Run.of(reconstruct(picture), "-o", file, "--force", "--image-encoder", none).err())
        .contains(none + " has no image encoder");
  }

  @Test
  void refusesWhatWouldBeWrittenTwice() {
    Path picture = folder.resolve("picture.png");
    Png.write(Image.filled(128, 128, new Rgb(30, 30, 200)), picture);
    Path file = folder.resolve("again.safetensors");
    Run twice = Run.of(reconstruct(picture), "-o", file, "--save-latents", file);
    assertThat(twice.exitCode()).isEqualTo(1);
    assertThat(twice.err()).contains(file + " would be written twice");
    assertThat(file).doesNotExist();
  }

  @Test
  void refusesAnImageEncoderForLatents() {
    Path latents = Fixtures.path("wuerstchen/prior/prior/diffusion_pytorch_model.safetensors");
    Path file = folder.resolve("again.png");
    Run run = Run.of(reconstruct(latents), "-o", file, "--image-encoder", Fixtures.wuerstchen());
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("--image-encoder is for pictures");
  }
}
