package dev.currywurst.train.data;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Names content by its SHA-256: what was added, in this order, and where each piece ends. */
public final class Fingerprint {
  private static final int BUFFER = 1 << 20;

  /** Tensors are read in pieces, since one buffer holds at most 2 GB. */
  private static final long PIECE = 1 << 24;

  private final MessageDigest digest;

  public Fingerprint() {
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Adds a text. */
  public Fingerprint add(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    length(bytes.length);
    digest.update(bytes);
    return this;
  }

  private void length(long length) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(length).flip());
  }

  /**
   * The SHA-256 of a file alone, as {@code sha256sum} prints it.
   *
   * @throws CurrywurstException if it cannot be read
   */
  public static String ofFile(Path file) {
    try {
      return ofReadable(file);
    } catch (IOException e) {
      throw new CurrywurstException(file + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  /** As {@link #ofFile}, for those who can do without a file that cannot be read. */
  public static String ofReadable(Path file) throws IOException {
    Fingerprint fingerprint = new Fingerprint();
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
      while (channel.read(buffer) >= 0) {
        fingerprint.digest.update(buffer.flip());
        buffer.clear();
      }
    }
    return fingerprint.hex();
  }

  /** The SHA-256 of bytes alone. */
  public static String ofBytes(byte[] bytes) {
    Fingerprint fingerprint = new Fingerprint();
    fingerprint.digest.update(bytes);
    return fingerprint.hex();
  }

  /**
   * Adds a file's content.
   *
   * @throws CurrywurstException if it cannot be read
   */
  public Fingerprint add(Path file) {
    return add(ofFile(file));
  }

  /**
   * Adds names and contents of the files that lie in a folder, without those in folders below.
   *
   * @throws CurrywurstException if one cannot be read
   */
  public Fingerprint addFiles(Path folder) {
    try (Stream<Path> list = Files.list(folder)) {
      List<Path> files = list.filter(Files::isRegularFile).sorted().toList();
      files.forEach(file -> add(String.valueOf(file.getFileName())).add(file));
      return this;
    } catch (IOException e) {
      throw new CurrywurstException(folder + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  /** Adds names, shapes and values of tensors, by name. */
  public Fingerprint add(Map<String, Tensor> tensors) {
    new TreeMap<>(tensors)
        .forEach((name, tensor) -> add(name + Arrays.toString(tensor.shape())).addValues(tensor));
    return this;
  }

  private void addValues(Tensor tensor) {
    try (Scope scope = Scope.open()) {
      Tensor flat = tensor.detach().to(Device.CPU).contiguous().reshape(-1);
      for (long start = 0; start < flat.elements(); start += PIECE) {
        Tensor piece = flat.narrow(0, start, Math.min(PIECE, flat.elements() - start));
        digest.update(piece.bytes());
      }
    }
  }

  /** Adds pictures and their captions; where the files lie does not matter. */
  public Fingerprint addPictures(List<CaptionedImage> images) {
    for (CaptionedImage image : images) {
      add(image.contentHash()).length(image.captions().size());
      image.captions().forEach(this::add);
      if (image.weight() != 1) {
        add("weight " + image.weight());
      }
    }
    return this;
  }

  /** The name: 64 hexadecimal digits. Nothing can be added afterwards. */
  public String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
