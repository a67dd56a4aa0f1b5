using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>
/// In how many iterations a request makes its tokens. Whether the token at a position would be accepted is drawn by (seed, request, position): it
/// belongs to the text, so a request that lost its cache goes on as it would have.
/// </summary>
/// <param name="Tokens">Tokens proposed in an iteration; 0 proposes none.</param>
/// <param name="Acceptance">Probability that one is accepted.</param>
/// <param name="Seed">Seed of the draws.</param>
public readonly record struct AcceptedTokens(int Tokens, double Acceptance, ulong Seed)
{
    /// <summary>Iterations for the tokens of <paramref name="request"/> from position <paramref name="from"/> to before <paramref name="to"/>.</summary>
    public int Iterations(int request, int from, int to)
    {
        if (Tokens == 0)
            return to - from;
        RandomStream random = RandomStream.Create(Seed, "acceptance", request);
        for (int position = 0; position < from; position++)
            random.NextBits();
        int iterations = 0;
        int run = 0;
        for (int position = from; position < to; position++)
        {
            bool isAccepted = random.NextDouble() < Acceptance;
            if (isAccepted && run < Tokens)
            {
                run++;
                continue;
            }

            // The model's own token, in place of a refused one or behind a whole run.
            iterations++;
            run = 0;
        }

        return run > 0 ? iterations + 1 : iterations;
    }
}
