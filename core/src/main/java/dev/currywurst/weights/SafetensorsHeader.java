package dev.currywurst.weights;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.MappedRanges.Range;
import dev.currywurst.weights.WeightFile.Entry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The head of a safetensors file: eight bytes of length N, then N bytes of JSON. Enforces every
 * rule of the reference reader ({@code safetensors/src/tensor.rs}), and of the format's description
 * where it is stricter (duplicate names). Above all the tensors must cover the rest of the file
 * exactly, without overlap (a small file could claim endless memory) and without holes (one could
 * hide another file in them).
 *
 * @param tensors each tensor's entry and place in the file, in the order of the file
 */
record SafetensorsHeader(Map<String, String> metadata, Map<String, Placed> tensors) {
  /** The reference's {@code MAX_HEADER_SIZE}. */
  static final long LONGEST = 100_000_000;

  private static final int LENGTH_BYTES = 8;

  /** A tensor and where its bytes lie, counted from the start of the file. */
  record Placed(Entry entry, Range range) {}

  /**
   * What the JSON says of one tensor: {@code begin} and {@code end} count from the header's end.
   */
  record Claim(String name, StoredType type, List<Long> shape, long begin, long end) {}

  static SafetensorsHeader read(Path file, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < LENGTH_BYTES) {
      throw Refusal.of(
          file,
          "it has only "
              + size
              + " bytes, and a safetensors file begins with 8 for the length of its header; fetch"
              + " it again");
    }
    ByteBuffer head = FileBytes.read(file, channel, 0, LENGTH_BYTES);
    long length = head.order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    // A length above 2^63 reads as negative here.
    if (length < 0 || length > LONGEST) {
      throw notSafetensors(file, head, length);
    }
    long dataStart = LENGTH_BYTES + length;
    if (dataStart > size) {
      throw Refusal.of(
          file,
          "its header should have "
              + length
              + " bytes, but only "
              + (size - LENGTH_BYTES)
              + " follow; the file was cut short, fetch it again");
    }
    byte[] json = FileBytes.read(file, channel, LENGTH_BYTES, Math.toIntExact(length)).array();
    SafetensorsJson parsed = SafetensorsJson.parse(file, json);
    return new SafetensorsHeader(
        parsed.metadata(), place(file, parsed.claims(), dataStart, size - dataStart));
  }

  /** The mapped ranges of all tensors. */
  List<Range> ranges() {
    return tensors.values().stream().map(Placed::range).toList();
  }

  Set<String> names() {
    return tensors.keySet();
  }

  private static Map<String, Placed> place(
      Path file, List<Claim> claims, long dataStart, long dataBytes) {
    List<Claim> sorted = new ArrayList<>(claims);
    sorted.sort(Comparator.comparingLong(Claim::begin).thenComparingLong(Claim::end));
    Map<String, Placed> tensors = new LinkedHashMap<>();
    long position = 0;
    for (Claim claim : sorted) {
      checkOffsets(file, claim, position);
      long bytes = checkedBytes(file, claim);
      if (bytes != claim.end() - claim.begin()) {
        throw Refusal.of(
            file,
            tensor(claim)
                + " of type "
                + claim.type()
                + " and shape "
                + claim.shape()
                + " takes "
                + bytes
                + " bytes, but its data_offsets ["
                + claim.begin()
                + ", "
                + claim.end()
                + "] span "
                + (claim.end() - claim.begin()));
      }
      Entry entry = new Entry(claim.name(), claim.type(), claim.shape(), bytes);
      tensors.put(claim.name(), new Placed(entry, new Range(dataStart + position, bytes)));
      position = claim.end();
    }
    if (position > dataBytes) {
      throw Refusal.of(
          file,
          "its tensors need "
              + position
              + " bytes, but only "
              + dataBytes
              + " follow the header; the file was cut short, fetch it again");
    }
    if (position < dataBytes) {
      throw Refusal.of(
          file,
          "the last "
              + (dataBytes - position)
              + " bytes belong to no tensor, which the safetensors format forbids; fetch or write"
              + " it again");
    }
    return tensors;
  }

  private static void checkOffsets(Path file, Claim claim, long position) {
    String offsets = "its data_offsets [" + claim.begin() + ", " + claim.end() + "]";
    if (claim.end() < claim.begin()) {
      throw Refusal.of(file, tensor(claim) + " ends before it begins: " + offsets);
    }
    if (claim.begin() < position) {
      throw Refusal.of(
          file,
          tensor(claim)
              + " overlaps the tensor before it, which ends at byte "
              + position
              + ": "
              + offsets);
    }
    if (claim.begin() > position) {
      throw Refusal.of(
          file,
          (position == 0
                  ? "the first tensor, " + Printable.quoted(claim.name()) + ", must begin at byte 0"
                  : tensor(claim)
                      + " leaves a hole after the tensor before it, which ends at byte "
                      + position)
              + ": "
              + offsets);
    }
  }

  private static long checkedBytes(Path file, Claim claim) {
    long bits;
    try {
      long elements = 1;
      for (long extent : claim.shape()) {
        elements = Math.multiplyExact(elements, extent);
      }
      bits = Math.multiplyExact(elements, claim.type().bits());
    } catch (ArithmeticException e) {
      throw Refusal.of(
          file, tensor(claim) + " has a shape too large to count: " + claim.shape(), e);
    }
    if (bits % 8 != 0) {
      throw Refusal.of(
          file,
          tensor(claim)
              + " of type "
              + claim.type()
              + " and shape "
              + claim.shape()
              + " does not end on a whole byte");
    }
    return bits / 8;
  }

  private static String tensor(Claim claim) {
    return "tensor " + Printable.quoted(claim.name());
  }

  /** The length field is nonsense: most often because the file is of another kind. */
  private static CurrywurstException notSafetensors(Path file, ByteBuffer head, long length) {
    if (TorchCheckpoint.isZip(head)) {
      return Refusal.of(
          file, "it is a zip archive, perhaps a PyTorch checkpoint; give it the ending .pt");
    }
    return Refusal.of(
        file,
        Refusal.mistaken(head)
            .orElse(
                "its first 8 bytes give the header "
                    + Long.toUnsignedString(length)
                    + " bytes, and a safetensors header has at most "
                    + LONGEST
                    + "; it is broken or no safetensors file"));
  }
}
