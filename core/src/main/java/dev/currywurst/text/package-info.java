/**
 * From words to what the networks see of them.
 *
 * <p>In come prompts, out come numbers: {@link dev.currywurst.text.ClipTokenizer} turns prompts
 * into {@link dev.currywurst.text.Tokens}, rows of ids; {@link
 * dev.currywurst.text.ClipTextEncoder}, CLIP's text tower, turns these into the text embedding, one
 * state for each token: <em>Prompt &rarr; Tokens &rarr; text embedding</em>. A published model
 * brings both in its folders {@code tokenizer/} and {@code text_encoder/}.
 *
 * <p>Read {@code ClipTokenizer} first: its {@code ids} is the whole way of a text in three steps.
 * {@code TextNormalizer}, {@code WordSplitter} and {@code BytePairEncoding} are these steps, {@code
 * TokenizerFolder} knows the files.
 */
@NullMarked
package dev.currywurst.text;

import org.jspecify.annotations.NullMarked;
