package dev.currywurst.train.source;

import com.fasterxml.jackson.databind.JsonNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionFields;
import dev.currywurst.train.data.Captions;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.train.data.ImageFolder;
import dev.currywurst.train.data.PictureBytes;
import dev.currywurst.weights.ConfigFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarFile;
import org.apache.commons.compress.archivers.tar.TarUtils;
import org.jspecify.annotations.Nullable;

/**
 * A tar of samples as WebDataset defines it: a sample's members follow each other, and their names
 * are equal up to the first dot after the last slash; what comes after it says what a member is.
 *
 * @param file not compressed, since pictures are read from the middle of it
 * @param columns members that hold picture and caption; captions also come from {@code .txt},
 *     {@code .cls} and keys of {@code .json}
 */
record TarArchive(Path file, Columns columns) implements Archive {
  /** webdataset's {@code base_plus_ext}. */
  private static final Pattern KEY = Pattern.compile("^((?:.*/|)[^.]+)[.]([^/]*)$");

  /**
   * Endings of pictures besides those of {@link ImageFolder}. Most of them cannot be decoded; they
   * are listed all the same, so that whoever opens them tells which they are.
   */
  private static final Set<String> OTHER_PICTURES =
      Set.of(
          "apng", "avif", "dib", "exr", "heic", "heif", "ico", "j2k", "jfif", "jp2", "jpe", "jxl",
          "pbm", "pgm", "pnm", "ppm", "psd", "qoi", "svg", "tga", "tif", "tiff");

  /** A caption is no novel. */
  private static final int MOST_TEXT = 16 << 20;

  private static final int BLOCK = 512;

  /** A member that counts. */
  private record Member(String name, long position, long length) {}

  @Override
  public String settings() {
    return "webdataset, other formats too, " + columns;
  }

  @Override
  public List<Listed> list() {
    try (FileChannel channel = FileChannel.open(file)) {
      requireEnd(channel);
      List<Listed> listed = new ArrayList<>();
      String key = null;
      Map<String, Member> sample = new LinkedHashMap<>();
      for (TarArchiveEntry entry : entries()) {
        Optional<Matcher> name = counted(entry);
        if (name.isEmpty()) {
          continue;
        }
        if (!name.get().group(1).equals(key)) {
          add(channel, sample, listed);
          sample = new LinkedHashMap<>();
          key = name.get().group(1);
        }
        Member member = new Member(entry.getName(), entry.getDataOffset(), entry.getSize());
        if (sample.put(name.get().group(2).toLowerCase(Locale.ROOT), member) != null) {
          throw new CurrywurstException(
              "%s has %s twice in one sample; give each picture a name of its own."
                  .formatted(file, entry.getName()));
        }
      }
      add(channel, sample, listed);
      return listed;
    } catch (IOException e) {
      throw new CurrywurstException(
          "%s cannot be read as a tar: %s.".formatted(file, reason(e)), e);
    }
  }

  private static String reason(IOException e) {
    String message = String.valueOf(e.getMessage());
    return message.toLowerCase(Locale.ROOT).contains("truncated") || e instanceof EOFException
        ? "it is truncated; copy it again"
        : message;
  }

  private List<TarArchiveEntry> entries() throws IOException {
    try (TarFile tar = new TarFile(file, StandardCharsets.UTF_8.name())) {
      return tar.getEntries();
    } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException e) {
      throw new IOException("a header makes no sense", e);
    }
  }

  /** A tar ends with blocks of zeros; one that was cut between two members has none. */
  private void requireEnd(FileChannel channel) throws IOException {
    long size = channel.size();
    byte[] start = read(channel, 0, (int) Math.min(2, size));
    if (start.length == 2 && start[0] == 0x1f && start[1] == (byte) 0x8b) {
      throw new CurrywurstException(
          file + " is compressed; unpack it with gunzip, since pictures do not get smaller by it.");
    }
    if (size < BLOCK || !isHeader(read(channel, 0, BLOCK))) {
      throw new CurrywurstException(
          file
              + " is neither Parquet nor a tar, as its first bytes tell; give a folder of pictures,"
              + " Parquet files or tars.");
    }
    for (byte b : read(channel, size - BLOCK, BLOCK)) {
      if (b != 0) {
        throw new EOFException();
      }
    }
  }

  /** A member's header has a checksum; a tar without members begins with its end. */
  private static boolean isHeader(byte[] block) {
    try {
      return TarUtils.verifyCheckSum(block) || Arrays.equals(block, new byte[BLOCK]);
    } catch (IllegalArgumentException e) {
      return false; // What stands in the checksum's place is no number.
    }
  }

  /** As webdataset passes over what is no file, has no ending, or is about the set itself. */
  private Optional<Matcher> counted(TarArchiveEntry entry) {
    String name = entry.getName();
    if (entry.isDirectory() || !entry.isFile() || entry.isLink() || entry.isSymbolicLink()) {
      return Optional.empty();
    }
    if (name.startsWith("__") && name.endsWith("__") && !name.contains("/")) {
      return Optional.empty();
    }
    Matcher matcher = KEY.matcher(name.startsWith("./") ? name.substring(2) : name);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    if (name.startsWith("/")
        || name.indexOf('\0') >= 0
        || List.of(name.split("/")).contains("..")) {
      throw new CurrywurstException(
          "%s has the member %s, which leads outside; such an archive is not to be trusted."
              .formatted(file, name));
    }
    if (entry.isSparse()) {
      throw new CurrywurstException(
          "%s has the sparse member %s; pack it again without --sparse.".formatted(file, name));
    }
    return Optional.of(matcher);
  }

  private void add(FileChannel channel, Map<String, Member> sample, List<Listed> listed)
      throws IOException {
    Member picture = picture(sample);
    if (picture == null) {
      if (columns.image().isPresent() && !sample.isEmpty()) {
        throw new CurrywurstException(
            "%s has no %s beside %s, but %s."
                .formatted(
                    file,
                    columns.image().get(),
                    sample.values().iterator().next().name(),
                    String.join(", ", sample.keySet())));
      }
      return;
    }
    if (picture.length > PictureBytes.MOST_BYTES) {
      throw new CurrywurstException(
          "%s: %s has %d bytes, more than any picture that is read here."
              .formatted(file, picture.name, picture.length));
    }
    byte[] bytes = read(channel, picture.position, (int) picture.length);
    Member json = sample.get("json");
    String where = file + ": " + (json == null ? picture : json).name;
    JsonNode object =
        json == null ? ConfigFile.newObject() : CaptionFields.parse(text(channel, json), where);
    listed.add(
        new Listed(
            picture.name,
            picture.position,
            picture.length,
            Fingerprint.ofBytes(bytes),
            captions(channel, sample, object, where),
            CaptionFields.weight(object, where)));
  }

  /** A member of the chosen name, {@code .txt}, a key of {@code .json} or {@code .cls}. */
  private List<String> captions(
      FileChannel channel, Map<String, Member> sample, JsonNode json, String where)
      throws IOException {
    List<String> texts = new ArrayList<>(columns.captions());
    if (columns.caption().isEmpty()) {
      texts.add("txt");
    }
    for (String ending : texts) {
      Member text = sample.get(ending);
      if (text != null && !ending.equals("json")) {
        return Captions.of(text(channel, text));
      }
    }
    for (String key : columns.captions()) {
      List<String> captions = CaptionFields.captions(json, key, where);
      if (!captions.isEmpty()) {
        return captions;
      }
    }
    Member label = columns.caption().isEmpty() ? sample.get("cls") : null;
    return label == null ? List.of() : Captions.of(text(channel, label));
  }

  private @Nullable Member picture(Map<String, Member> sample) {
    for (String column : columns.images()) {
      Member member = sample.get(column);
      if (member != null) {
        return member;
      }
    }
    return columns.image().isPresent()
        ? null
        : first(sample, ImageFolder::isPicture)
            .or(() -> first(sample, name -> OTHER_PICTURES.contains(ending(name))))
            .orElse(null);
  }

  private static Optional<Member> first(Map<String, Member> sample, Predicate<String> wanted) {
    return sample.entrySet().stream()
        .filter(entry -> wanted.test("." + entry.getKey()))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private static String ending(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private String text(FileChannel channel, Member member) throws IOException {
    if (member.length > MOST_TEXT) {
      throw new CurrywurstException(
          "%s: %s has %d bytes, more than a caption can have."
              .formatted(file, member.name, member.length));
    }
    byte[] bytes = read(channel, member.position, (int) member.length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new CurrywurstException(
          "%s: %s is not UTF-8 text: save it as UTF-8.".formatted(file, member.name), e);
    }
  }

  private static byte[] read(FileChannel channel, long position, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        throw new EOFException();
      }
    }
    return bytes.array();
  }

  @Override
  public PictureBytes picture(Listed listed) {
    return new TarPicture(file, listed);
  }

  private record TarPicture(Path file, Listed listed) implements PictureBytes {
    @Override
    public String name() {
      return file + ": " + listed.name();
    }

    @Override
    public byte[] read() {
      if (!Files.isRegularFile(file)) {
        throw new CurrywurstException(file + " does not exist.");
      }
      try (FileChannel channel = FileChannel.open(file)) {
        return unchanged(TarArchive.read(channel, listed.position(), (int) listed.length()));
      } catch (EOFException e) {
        return unchanged(new byte[0]);
      } catch (IOException e) {
        throw new CurrywurstException(file + " cannot be read: " + e.getMessage() + ".", e);
      }
    }

    private byte[] unchanged(byte[] bytes) {
      return Dataset.requireUnchanged(file, listed, bytes);
    }
  }
}
