package dev.currywurst.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.RgbaImage;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.train.source.Dataset;
import dev.currywurst.weights.ConfigFile;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code currywurst dataset list}: what a training would see of a set, in its order. */
@Command(
    name = "list",
    header = "Lists pictures and captions as a training reads them, whatever form they come in.",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Examples:",
      "  currywurst dataset list pictures",
      "  currywurst dataset list 'shards/{00000..00099}.tar' --json --pixels"
    })
final class DatasetListCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private DatasetOptions dataset = new DatasetOptions();

  @Option(names = "--json", description = "Print one JSON object per picture.")
  private boolean json;

  @Option(
      names = "--pixels",
      description = "Decode each, and tell its size and the SHA-256 of its RGBA bytes.")
  private boolean pixels;

  @Override
  public Integer call() {
    Dataset.requireThere(dataset.data());
    Dataset set = Dataset.open(dataset.data(), dataset.columns());
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    set.notices().forEach(err::println);
    for (CaptionedImage image : set.images()) {
      ObjectNode line = line(image);
      if (json) {
        out.println(line);
      } else {
        out.println(Printed.plain(text(image, line)));
      }
    }
    err.printf("%d pictures, read as %s.%n", set.images().size(), set.format());
    return 0;
  }

  private static String text(CaptionedImage image, ObjectNode line) {
    String size =
        line.has("width")
            ? "  " + line.get("width").asInt() + "x" + line.get("height").asInt()
            : "";
    return image.name() + size + "  " + String.join(" | ", image.captions());
  }

  private ObjectNode line(CaptionedImage image) {
    ObjectNode line = ConfigFile.newObject();
    line.put("name", image.name());
    ArrayNode captions = line.putArray("captions");
    image.captions().forEach(captions::add);
    line.put("weight", image.weight());
    line.put("sha256", image.contentHash());
    if (pixels) {
      RgbaImage picture = ImageDecoder.DEFAULT.decode(image.picture().read(), image.name());
      line.put("width", picture.width());
      line.put("height", picture.height());
      line.put("pixels_sha256", Fingerprint.ofBytes(rgba(picture)));
    }
    return line;
  }

  private static byte[] rgba(RgbaImage picture) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * picture.width() * picture.height());
    for (int y = 0; y < picture.height(); y++) {
      for (int x = 0; x < picture.width(); x++) {
        bytes.putInt(Integer.rotateLeft(picture.at(x, y), 8));
      }
    }
    return bytes.array();
  }
}
