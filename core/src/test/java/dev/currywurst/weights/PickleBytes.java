package dev.currywurst.weights;

import static dev.currywurst.weights.PickleOpcode.BINFLOAT;
import static dev.currywurst.weights.PickleOpcode.BININT;
import static dev.currywurst.weights.PickleOpcode.BINPERSID;
import static dev.currywurst.weights.PickleOpcode.BINUNICODE;
import static dev.currywurst.weights.PickleOpcode.GLOBAL;
import static dev.currywurst.weights.PickleOpcode.LONG1;
import static dev.currywurst.weights.PickleOpcode.LONG_BINGET;
import static dev.currywurst.weights.PickleOpcode.LONG_BINPUT;
import static dev.currywurst.weights.PickleOpcode.MARK;
import static dev.currywurst.weights.PickleOpcode.NEWFALSE;
import static dev.currywurst.weights.PickleOpcode.NONE;
import static dev.currywurst.weights.PickleOpcode.PROTO;
import static dev.currywurst.weights.PickleOpcode.REDUCE;
import static dev.currywurst.weights.PickleOpcode.STOP;
import static dev.currywurst.weights.PickleOpcode.TUPLE;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Assembles pickles instruction by instruction, also such as Python would never write. */
final class PickleBytes {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  PickleBytes() {
    op(PROTO).raw(2);
  }

  PickleBytes op(PickleOpcode... opcodes) {
    for (PickleOpcode opcode : opcodes) {
      out.write(opcode.code());
    }
    return this;
  }

  PickleBytes raw(int... bytes) {
    for (int b : bytes) {
      out.write(b);
    }
    return this;
  }

  PickleBytes repeat(int times, PickleOpcode... opcodes) {
    for (int i = 0; i < times; i++) {
      op(opcodes);
    }
    return this;
  }

  PickleBytes text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    op(BINUNICODE).int32(bytes.length);
    out.writeBytes(bytes);
    return this;
  }

  PickleBytes number(long value) {
    if (value == (int) value) {
      return op(BININT).int32((int) value);
    }
    op(LONG1).raw(8);
    out.writeBytes(little(8).putLong(value).array());
    return this;
  }

  PickleBytes real(double value) {
    op(BINFLOAT);
    out.writeBytes(ByteBuffer.allocate(8).putDouble(value).array());
    return this;
  }

  PickleBytes global(String module, String name) {
    op(GLOBAL);
    out.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
    return this;
  }

  PickleBytes put(int memo) {
    return op(LONG_BINPUT).int32(memo);
  }

  PickleBytes get(int memo) {
    return op(LONG_BINGET).int32(memo);
  }

  /** A storage of floats with the key "0". */
  PickleBytes storage(long elements) {
    op(MARK).text("storage").global("torch", "FloatStorage").text("0").text("cpu");
    return number(elements).op(TUPLE, BINPERSID);
  }

  /** A tensor over a storage of four floats. */
  PickleBytes tensor(long offset, long[] shape, long[] strides) {
    return tensor(4, offset, shape, strides);
  }

  PickleBytes tensor(long elements, long offset, long[] shape, long[] strides) {
    global("torch._utils", "_rebuild_tensor_v2").op(MARK).storage(elements).number(offset);
    return tuple(shape).tuple(strides).op(NEWFALSE, NONE, TUPLE, REDUCE);
  }

  PickleBytes tuple(long... numbers) {
    op(MARK);
    for (long number : numbers) {
      number(number);
    }
    return op(TUPLE);
  }

  private PickleBytes int32(int value) {
    out.writeBytes(little(4).putInt(value).array());
    return this;
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The pickle with its end. */
  byte[] stop() {
    return op(STOP).unfinished();
  }

  byte[] unfinished() {
    return out.toByteArray();
  }

  /** A checkpoint with this pickle and storage "0" of 1, 2, 3, 4. */
  static Path checkpoint(Path folder, byte[] pickle) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("test/data.pkl", pickle);
    byte[] floats = little(16).putFloat(1).putFloat(2).putFloat(3).putFloat(4).array();
    entries.put("test/data/0", floats);
    return zip(folder, entries);
  }

  /** A zip archive of stored entries. */
  static Path zip(Path folder, Map<String, byte[]> entries) throws IOException {
    Path path = folder.resolve("test.pt");
    try (OutputStream file = Files.newOutputStream(path);
        ZipOutputStream zip = new ZipOutputStream(file)) {
      for (Map.Entry<String, byte[]> content : entries.entrySet()) {
        ZipEntry entry = new ZipEntry(content.getKey());
        CRC32 crc = new CRC32();
        crc.update(content.getValue());
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.getValue().length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content.getValue());
      }
    }
    return path;
  }
}
