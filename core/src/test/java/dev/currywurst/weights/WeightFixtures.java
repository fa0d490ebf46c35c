package dev.currywurst.weights;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Files to read: those that torch and safetensors wrote, and such as they would never write. */
final class WeightFixtures {
  private WeightFixtures() {}

  /** A file that make_fixtures.py made. */
  static Path resource(String name) {
    URL url = Objects.requireNonNull(WeightFixtures.class.getResource(name), name);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A safetensors file with this header and so many zero bytes after it. */
  static Path safetensors(Path folder, String header, int dataBytes) throws IOException {
    return safetensors(folder, header.getBytes(StandardCharsets.UTF_8), dataBytes);
  }

  static Path safetensors(Path folder, byte[] header, int dataBytes) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + header.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(header.length).put(header);
    return Files.write(folder.resolve("test.safetensors"), bytes.array());
  }

  /** One entry of a header. */
  static String tensor(String name, String dtype, String shape, long begin, long end) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
        .formatted(name, dtype, shape, begin, end);
  }

  static byte[] bytes(WeightFile file, String name) {
    ByteBuffer buffer = file.bytes(name);
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
