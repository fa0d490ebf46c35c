package dev.currywurst.weights;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.MappedRanges.Range;
import dev.currywurst.weights.PickleValue.PickledDict;
import dev.currywurst.weights.PickleValue.PickledList;
import dev.currywurst.weights.PickleValue.PickledStorage;
import dev.currywurst.weights.PickleValue.Scalar;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The format of {@code torch.save} before PyTorch 1.6 ({@code _legacy_save} in
 * torch/serialization.py): five pickles one after the other - a magic number, a version, a
 * description of the machine, the object, the keys of its storages - then the storages in that
 * order, each behind its number of elements.
 */
final class TorchLegacy {
  /** {@code MAGIC_NUMBER} of serialization.py. */
  private static final Scalar MAGIC = new Scalar(new BigInteger("1950a86a20f9469cfc6c", 16));

  private static final Scalar VERSION = new Scalar(1001L);

  /** The magic number as a pickle: PROTO (its version left out), LONG1, ten bytes, STOP. */
  private static final byte[] MAGIC_PICKLE = {
    (byte) 0x8a,
    0x0a,
    0x6c,
    (byte) 0xfc,
    (byte) 0x9c,
    0x46,
    (byte) 0xf9,
    0x20,
    0x6a,
    (byte) 0xa8,
    0x50,
    0x19,
    '.'
  };

  private TorchLegacy() {}

  /** True if a file that begins with {@code head} is of this format. */
  static boolean isOne(ByteBuffer head) {
    int skipped = 2;
    return head.limit() >= skipped + MAGIC_PICKLE.length
        && head.get(0) == (byte) PickleOpcode.PROTO.code()
        && head.slice(skipped, MAGIC_PICKLE.length).equals(ByteBuffer.wrap(MAGIC_PICKLE));
  }

  static TorchContent read(Path file, FileChannel channel) throws IOException {
    long pickles = Math.min(channel.size(), TorchContent.LONGEST_PICKLE);
    PickleInput in = new PickleInput(file, channel.map(FileChannel.MapMode.READ_ONLY, 0, pickles));
    PickleValue magic = PickleReader.read(in).value();
    PickleValue version = PickleReader.read(in).value();
    PickleValue machine = PickleReader.read(in).value();
    if (!magic.equals(MAGIC) || !version.equals(VERSION)) {
      throw Refusal.of(file, "it is a pickle, but no checkpoint that PyTorch wrote");
    }
    if (!(machine instanceof PickledDict description)
        || !new Scalar(true).equals(description.items().get("little_endian"))) {
      throw Refusal.of(
          file, "it does not say that its numbers are little-endian, and others are not read");
    }
    PickleReader.Result object = PickleReader.read(in);
    if (!(PickleReader.read(in).value() instanceof PickledList keys)) {
      throw broken(file, "names no storages");
    }
    Map<String, Range> ranges = new HashMap<>();
    long position = in.position();
    for (PickleValue key : keys.items()) {
      PickledStorage storage = named(file, key, object.storages());
      position += Long.BYTES;
      checkSize(file, channel, storage, position);
      ranges.put(storage.key(), new Range(position, storage.bytes()));
      position += storage.bytes();
    }
    return new TorchContent(object.value(), ranges);
  }

  private static PickledStorage named(
      Path file, PickleValue key, Map<String, PickledStorage> storages) {
    PickledStorage storage =
        key instanceof Scalar scalar && scalar.value() instanceof String name
            ? storages.get(name)
            : null;
    if (storage == null) {
      throw broken(file, "names a storage that nothing refers to");
    }
    return storage;
  }

  private static void checkSize(
      Path file, FileChannel channel, PickledStorage storage, long position) throws IOException {
    long elements = FileBytes.read(file, channel, position - Long.BYTES, Long.BYTES).getLong();
    if (elements != storage.elements()) {
      throw broken(
          file,
          "gives storage %s %d elements, and its pickle %d"
              .formatted(Printable.quoted(storage.key()), elements, storage.elements()));
    }
    if (storage.bytes() > channel.size() - position) {
      throw broken(file, "was cut short in storage " + Printable.quoted(storage.key()));
    }
  }

  private static CurrywurstException broken(Path file, String problem) {
    return Refusal.of(file, "this checkpoint " + problem + "; fetch it again");
  }
}
