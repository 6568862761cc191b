//! Which blocks of which requests hold the same tokens.

use std::ops::Range;

use tokendrome_units::TokenRun;

/// A request whose tokens are known, outputs included.
pub(crate) trait Tokens {
    /// What is compared.
    type Token: Ord;

    /// Tokens of the whole sequence when it ends.
    fn length(&self) -> u32;

    /// Appends the tokens in `range` of the whole sequence to `out`.
    fn write_tokens(&self, range: Range<u32>, out: &mut Vec<Self::Token>);
}

/// For every request the blocks at its beginning that others have too, outputs included.
///
/// Two blocks have the same identity if their tokens are equal and so are all before them; tokens
/// are compared themselves. What follows the last block that is shared belongs to one request
/// alone, and is not looked at: the cost is that of the shared blocks, and of one more a request.
pub(crate) fn shared<R: Tokens>(requests: &[R], block_size: u32) -> Vec<Vec<TokenRun>> {
    let mut shared = vec![Vec::new(); requests.len()];
    let has_block = |&i: &usize, block: u32| requests[i].length() / block_size > block;
    let all: Vec<usize> = (0..requests.len()).filter(|i| has_block(i, 0)).collect();
    // Requests that agree in all blocks before this one.
    let mut groups = vec![(0_u32, all)];
    let (mut id, mut tokens) = (0, Vec::new());
    while let Some((block, members)) = groups.pop() {
        let (start, end) = (block * block_size, (block + 1) * block_size);
        tokens.clear();
        members.iter().for_each(|&i| requests[i].write_tokens(start..end, &mut tokens));
        let blocks = tokens.chunks_exact(block_size as usize);
        let mut sorted: Vec<(&[R::Token], usize)> = blocks.zip(members).collect();
        sorted.sort_unstable();
        for same in sorted.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
            same.iter().for_each(|&(_, i)| shared[i].push(TokenRun { id, end }));
            id += 1;
            let members = same.iter().map(|&(_, i)| i).filter(|i| has_block(i, block + 1));
            groups.push((block + 1, members.collect()));
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vllm::Scenario;

    /// Shared blocks of requests with these prompts, one output token each, and blocks of two.
    #[track_caller]
    fn check(requests: &[&str], expect: &[&[(u64, u32)]]) {
        let request = |(i, prompt): (usize, &&str)| {
            format!("{{\"id\": \"{i}\", \"arrival_ns\": 0, \"max_tokens\": 2, {prompt}}}")
        };
        let requests: Vec<String> = requests.iter().enumerate().map(request).collect();
        let text = format!(
            "{{\"name\": \"a\", \"cost\": {{\"base_ns\": 0, \"per_token_ns\": 0}}, \"config\": {{\
             \"max_num_batched_tokens\": 9, \"max_num_seqs\": 9, \"block_size\": 2, \
             \"num_gpu_blocks\": 99, \"max_model_len\": 50}}, \"requests\": [{}]}}",
            requests.join(",")
        );
        let found = shared(&Scenario::parse(&text).unwrap().requests, 2);
        let pairs = |runs: &Vec<TokenRun>| runs.iter().map(|run| (run.id, run.end)).collect();
        assert_eq!(found.iter().map(pairs).collect::<Vec<Vec<_>>>(), expect);
    }

    #[test]
    fn equal_beginnings_have_equal_identities() {
        check(
            &[
                "\"segments\": [[1, 0, 5]], \"out_stream\": 7",
                "\"segments\": [[1, 0, 4], [2, 0, 9]], \"out_stream\": 7",
                "\"segments\": [[1, 0, 3], [1, 3, 1]], \"out_stream\": 8",
                // The same tokens at another place are other blocks.
                "\"segments\": [[1, 2, 2]], \"out_stream\": 8",
                "\"segments\": [[2, 0, 1]], \"out_stream\": 9",
            ],
            &[&[(0, 2), (1, 4)], &[(0, 2), (1, 4)], &[(0, 2), (1, 4)], &[], &[]],
        );
    }

    #[test]
    fn outputs_count_as_far_as_they_go() {
        // The second prompt is the first with its answer, of which the first has two tokens.
        check(
            &[
                "\"segments\": [[1, 0, 4]], \"out_stream\": 7",
                "\"segments\": [[1, 0, 4], [7, 0, 4]], \"out_stream\": 8",
                "\"segments\": [[1, 0, 4]], \"out_stream\": 7, \"eos_after\": 2",
            ],
            &[&[(0, 2), (1, 4), (2, 6)], &[(0, 2), (1, 4), (2, 6)], &[(0, 2), (1, 4)]],
        );
        let end = "\"prompt_token_ids\": [4, 2147483648]";
        check(
            &[
                &format!("{end}, \"out_stream\": 7"),
                "\"prompt_token_ids\": [4], \"out_stream\": 7, \"eos_after\": 1",
            ],
            &[&[(0, 2)], &[(0, 2)]],
        );
    }
}
