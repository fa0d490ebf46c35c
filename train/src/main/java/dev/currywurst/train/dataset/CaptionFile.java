package dev.currywurst.train.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.ImageFolder;
import dev.currywurst.train.dataset.Inventory.Entry;
import dev.currywurst.weights.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Where new captions go: each is on the disk before the next one is asked for. */
sealed interface CaptionFile extends AutoCloseable {
  /**
   * Keeps a caption. From several threads.
   *
   * @throws CurrywurstException if it cannot be written; those before are kept
   */
  void add(Entry entry, String caption);

  /** Brings what was kept into its final form. */
  @Override
  void close();

  /** Each caption is a {@code .txt} beside its picture. */
  record Texts() implements CaptionFile {
    @Override
    public void add(Entry entry, String caption) {
      String file = String.valueOf(entry.picture().file().getFileName());
      String stem = file.substring(0, file.lastIndexOf('.'));
      write(entry.picture().file().resolveSibling(stem + ".txt"), caption + "\n");
    }

    @Override
    public void close() {
      // Every caption is in its place.
    }
  }

  private static void write(Path file, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file, bytes);
  }

  /**
   * Captions go into {@code metadata.jsonl}. While a run lasts they are appended to a hidden file
   * beside it; at its end both become one, in one step. A run that was killed leaves the hidden
   * file, and the next one begins with it.
   */
  final class Metadata implements CaptionFile {
    static final String JOURNAL = ".captions.jsonl";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final List<Entry> entries;
    private final List<Entry> unlisted;
    private final String imageColumn;
    private final String captionColumn;
    private final Map<String, String> captions = new HashMap<>();
    private final FileChannel journal;

    /** Opens the journal of a folder. */
    Metadata(Inventory inventory, String imageColumn, String captionColumn) {
      this.folder = inventory.source();
      this.entries = inventory.entries();
      this.unlisted = inventory.unlisted();
      this.imageColumn = imageColumn;
      this.captionColumn = captionColumn;
      try {
        this.journal =
            FileChannel.open(
                folder.resolve(JOURNAL),
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        try {
          requireAlone();
          captions.putAll(captions(Channels.newInputStream(journal).readAllBytes()));
          endLine();
        } catch (IOException | CurrywurstException e) {
          journal.close();
          throw e;
        }
      } catch (IOException e) {
        throw cannotWrite(e);
      }
    }

    /**
     * Of two runs in one folder, that which ends last would replace the other one's captions. The
     * lock goes with the process, also when that is killed. It lies where no caption does: Windows
     * lets nobody read what is locked.
     */
    private void requireAlone() throws IOException {
      FileLock lock = null;
      try {
        lock = journal.tryLock(Long.MAX_VALUE - 1, 1, false);
      } catch (OverlappingFileLockException e) {
        // By this very process.
      }
      if (lock == null) {
        throw new CurrywurstException(
            folder + " is being captioned by another run; wait for it, then start again.");
      }
      // One may have ended in between: then the journal is deleted, or the list is another one.
      List<Entry> now =
          FolderReading.of(folder, new ImageFolder(imageColumn, captionColumn)).entries();
      if (!Files.exists(folder.resolve(JOURNAL)) || !now.equals(entries)) {
        throw new CurrywurstException(
            "The captions of " + folder + " have changed since they were read; start again.");
      }
    }

    /** A line that a killed run did not finish is ended, so that the next one is its own. */
    private void endLine() throws IOException {
      long size = journal.size();
      ByteBuffer last = ByteBuffer.allocate(1);
      boolean open = size > 0 && journal.read(last, size - 1) == 1 && last.get(0) != '\n';
      journal.position(size);
      if (open) {
        journal.write(ByteBuffer.wrap(new byte[] {'\n'}));
      }
    }

    /** Captions by picture that an earlier run left, which was killed. */
    static Map<String, String> left(Path folder) throws IOException {
      Path file = folder.resolve(JOURNAL);
      return Files.isRegularFile(file) ? captions(Files.readAllBytes(file)) : Map.of();
    }

    private static Map<String, String> captions(byte[] journal) {
      Map<String, String> captions = new HashMap<>();
      for (String line : new String(journal, StandardCharsets.UTF_8).split("\n", -1)) {
        try {
          JsonNode object = JSON.readTree(line);
          if (object.path("file").isTextual() && object.path("caption").isTextual()) {
            captions.put(object.path("file").textValue(), object.path("caption").textValue());
          }
        } catch (JsonProcessingException e) {
          // The last line of a run that was killed: that caption is asked for again.
        }
      }
      return captions;
    }

    @Override
    public synchronized void add(Entry entry, String caption) {
      ObjectNode line = JSON.createObjectNode().put("file", entry.name()).put("caption", caption);
      try {
        append(journal, (line + "\n").getBytes(StandardCharsets.UTF_8));
        journal.force(false);
      } catch (IOException e) {
        throw cannotWrite(e);
      }
      captions.put(entry.name(), caption);
    }

    /** Adds a line, whole or not at all: to a part of one, the next line would be joined. */
    static void append(SeekableByteChannel channel, byte[] line) throws IOException {
      long end = channel.position();
      try {
        AtomicFile.Content.of(line).writeTo(channel);
      } catch (IOException e) {
        try {
          channel.truncate(end);
        } catch (IOException again) {
          e.addSuppressed(again);
        }
        throw e;
      }
    }

    @Override
    public synchronized void close() {
      try (journal) { // Closed last, since with it goes the lock.
        if (!captions.isEmpty()) {
          write(folder.resolve(Inventory.METADATA), lines());
        }
        Files.deleteIfExists(folder.resolve(JOURNAL));
      } catch (IOException e) {
        throw cannotWrite(e);
      }
    }

    /** All pictures in their order; those that were not listed before, if they have a caption. */
    private String lines() {
      StringBuilder lines = new StringBuilder();
      List<Entry> all = new ArrayList<>(entries);
      unlisted.stream().filter(entry -> captions.containsKey(entry.name())).forEach(all::add);
      for (Entry entry : all) {
        String caption = captions.get(entry.name());
        List<String> texts = caption == null ? entry.captions() : List.of(caption);
        ObjectNode line = JSON.createObjectNode().put(imageColumn, entry.name());
        if (texts.size() == 1) {
          line.put(captionColumn, texts.get(0));
        } else if (!texts.isEmpty()) {
          ArrayNode array = line.putArray(captionColumn);
          texts.forEach(array::add);
        }
        line.setAll(entry.columns());
        lines.append(line).append('\n');
      }
      return lines.toString();
    }

    private CurrywurstException cannotWrite(IOException e) {
      return new CurrywurstException(
          "Cannot write %s: %s.".formatted(folder.resolve(JOURNAL), AtomicFile.reason(folder, e)),
          e);
    }
  }
}
