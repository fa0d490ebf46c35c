/**
 * From words to what the networks see of them.
 *
 * <p>In come prompts, out come numbers: a prompt becomes {@link dev.currywurst.text.Tokens} by the
 * {@link dev.currywurst.text.ClipTokenizer}, and tokens become a {@code TextEmbedding} by the
 * {@code ClipTextEncoder}, CLIP's text tower, which lives here too: <em>Prompt &rarr; Tokens &rarr;
 * TextEmbedding</em>. A published model brings both in its folders {@code tokenizer/} and {@code
 * text_encoder/}.
 *
 * <p>Read {@code ClipTokenizer} first: its {@code ids} is the whole way of a text in three steps.
 * {@code TextNormalizer}, {@code WordSplitter} and {@code BytePairEncoding} are these steps, {@code
 * TokenizerFolder} knows the files.
 */
@NullMarked
package dev.currywurst.text;

import org.jspecify.annotations.NullMarked;
