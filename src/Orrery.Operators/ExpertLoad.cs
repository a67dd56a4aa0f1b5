namespace Orrery.Operators;

/// <summary>What the experts of the busiest rank have to do.</summary>
/// <remarks>
/// Even: token t goes to the experts t + i ceil(E/k), i from 0 to k - 1, modulo E, and the first rank, which is never the least busy, counts.
/// Power law: the tokens of the experts are the quantiles of x^-skew between 1 and 0.8 T (between 0.01 and 2 where there are fewer choices than experts),
/// scaled to T k in all and at most T each; experts are dealt to ranks at random and the busiest rank counts. Of several seeded deals the one whose
/// busiest rank is the median stands for all. Source: how published tables of expert layers were measured (data/validation, nvidia-aiconfigurator-moe).
/// Random: an expert is chosen by each token with probability k (1 + imbalance) / E, so its tokens are binomial; the E experts stand at the quantiles of
/// that distribution, of which E (1 - (1 - k/E)^T) have a token, and are dealt to ranks like those of a power law.
/// </remarks>
public static class ExpertLoad
{
    private const int Deals = 15;
    private const double HighestShare = 0.8;
    private const double FewestLow = 0.01;
    private const double FewestHigh = 2;
    private const double LeastWeight = 1e-10;
    private const double RoundOff = 1e-6;

    /// <summary>Tokens of each expert of the busiest rank; experts of it that get none are there with 0.</summary>
    public static int[] Busiest(long tokens, in ExpertRouting routing)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(routing.Experts, 1, nameof(routing));
        ArgumentOutOfRangeException.ThrowIfLessThan(routing.TopK, 1, nameof(routing));
        int ranks = Math.Clamp(routing.Ranks, 1, routing.Experts);
        if (tokens > 0 && routing.Skew > 0)
            return OfBusiest(PowerLaw(tokens, routing), ranks);
        return tokens > 0 && routing.IsRandom ? OfBusiest(Random(tokens, routing, ranks), ranks) : Even(tokens, routing, ranks);
    }

    private static int[] Even(long tokens, in ExpertRouting routing, int ranks)
    {
        int experts = routing.Experts;
        int stride = (experts + routing.TopK - 1) / routing.TopK;
        var load = new int[experts / ranks];
        for (int expert = 0; expert < load.Length; expert++)
        {
            long count = 0;
            for (int choice = 0; choice < routing.TopK; choice++)
            {
                long first = (((expert - ((long)choice * stride)) % experts) + experts) % experts;
                if (first < tokens)
                    count += ((tokens - 1 - first) / experts) + 1;
            }

            load[expert] = (int)Math.Min(int.MaxValue, count);
        }

        return load;
    }

    /// <summary>Experts dealt to ranks at random; those of the busiest rank in the median deal.</summary>
    private static int[] OfBusiest(long[] all, int ranks)
    {
        int experts = all.Length;
        int local = experts / ranks;
        if (ranks == 1)
            return Narrow(all);
        var order = new int[Deals][];
        var busiest = new (long Sum, int Deal, int Rank)[Deals];
        for (int deal = 0; deal < Deals; deal++)
        {
            order[deal] = Shuffled(experts, (ulong)deal);
            busiest[deal] = (-1, deal, 0);
            for (int rank = 0; rank < ranks; rank++)
            {
                long sum = 0;
                for (int place = rank * local; place < (rank + 1) * local; place++)
                    sum += all[order[deal][place]];
                if (sum > busiest[deal].Sum)
                    busiest[deal] = (sum, deal, rank);
            }
        }

        Array.Sort(busiest);
        (_, int chosen, int chosenRank) = busiest[Deals / 2];
        var load = new long[local];
        for (int place = 0; place < local; place++)
            load[place] = all[order[chosen][(chosenRank * local) + place]];
        return Narrow(load);
    }

    /// <summary>
    /// Tokens of every expert, descending: quantiles of the mixture of one binomial distribution for each expert, which do not fall as tokens or imbalance
    /// grow. Without imbalance what quantiles round away is put back, so that they sum to tokens times choices.
    /// </summary>
    private static long[] Random(long tokens, in ExpertRouting routing, int ranks)
    {
        int experts = routing.Experts;
        double imbalance = ranks > 1 ? routing.Imbalance : 0;
        double[] chances = Chances(routing, 1 + imbalance);
        var mixture = new double[tokens + 1];
        for (int first = 0, last; first < experts; first = last)
        {
            // Experts that are chosen alike have one distribution.
            last = first + 1;
            while (last < experts && chances[last] == chances[first])
                last++;
            AddBinomial(mixture, tokens, chances[first], last - first);
        }

        var all = new long[experts];
        long sum = 0;
        int place = experts;
        double below = 0;
        for (int count = 0; count < mixture.Length; count++)
        {
            below += mixture[count];
            while (place > 0 && experts - place + 0.5 <= below + RoundOff)
                sum += all[--place] = count;
        }

        // What quantiles round away goes to the fullest, which have tokens anyhow.
        long left = imbalance > 0 ? 0 : (tokens * routing.TopK) - sum;
        for (int turn = 0; left != 0 && turn < 64 * experts; turn++)
        {
            int expert = turn % experts;
            if (left > 0 ? all[expert] >= tokens : all[expert] <= 1)
                continue;
            all[expert] += Math.Sign(left);
            left -= Math.Sign(left);
        }

        return all;
    }

    /// <summary>Chance of each expert to be chosen by a token, descending, at most 1; <paramref name="factor"/> times choices in all.</summary>
    private static double[] Chances(in ExpertRouting routing, double factor)
    {
        int experts = routing.Experts;
        var chances = new double[experts];
        double wanted = routing.TopK * factor;
        double sum = 0;
        for (int expert = 0; expert < experts; expert++)
        {
            double quantile = (experts - expert - 0.5) / experts;
            chances[expert] = Math.Pow(quantile / (1 - quantile), routing.Popularity);
            sum += chances[expert];
        }

        // No expert is chosen twice by a token; what the cap cuts off goes to the others.
        for (int capped = 0; capped < experts; capped++)
        {
            double scale = Math.Max(0, wanted - capped) / sum;
            if (chances[capped] * scale < 1)
            {
                for (int expert = capped; expert < experts; expert++)
                    chances[expert] *= scale;
                break;
            }

            sum -= chances[capped];
            chances[capped] = 1;
        }

        return chances;
    }

    /// <summary>Adds <paramref name="experts"/> times the distribution of choices among <paramref name="tokens"/>.</summary>
    private static void AddBinomial(double[] mixture, long tokens, double chance, int experts)
    {
        if (chance >= 1)
        {
            mixture[tokens] += experts;
            return;
        }

        // Weights of the counts around the most likely one, from the ratio of neighbours, once for their sum and once to add them.
        double odds = chance / (1 - chance);
        long mode = Math.Min(tokens, (long)((tokens + 1) * chance));
        double scale = Walk(null, 1);
        Walk(mixture, experts / scale);

        double Walk(double[]? to, double first)
        {
            double total = first;
            if (to is not null)
                to[mode] += first;
            double weight = first;
            for (long count = mode; count > 0 && (weight *= count / ((tokens - count + 1) * odds)) > LeastWeight * first; count--)
            {
                total += weight;
                if (to is not null)
                    to[count - 1] += weight;
            }

            weight = first;
            for (long count = mode; count < tokens && (weight *= (tokens - count) * odds / (count + 1)) > LeastWeight * first; count++)
            {
                total += weight;
                if (to is not null)
                    to[count + 1] += weight;
            }

            return total;
        }
    }

    /// <summary>Tokens of every expert, descending; they sum to tokens times choices unless the cap forbids it.</summary>
    private static long[] PowerLaw(long tokens, in ExpertRouting routing)
    {
        int experts = routing.Experts;
        double total = (double)tokens * routing.TopK;
        bool isMany = total > experts;
        double low = isMany ? 1 : FewestLow;
        double high = isMany ? Math.Max(1 + 1e-9, HighestShare * tokens) : FewestHigh;
        // The integral of x^-skew has a logarithm at 1; next to it the power law is the same to 6 digits.
        double power = Math.Abs(1 - routing.Skew) < 1e-6 ? 1e-6 : 1 - routing.Skew;
        double start = Math.Pow(low, power);
        double span = Math.Pow(high, power) - start;
        var shares = new double[experts];
        double sum = 0;
        for (int expert = 0; expert < experts; expert++)
        {
            shares[expert] = Math.Pow(start + (span * (experts - expert - 0.5) / experts), 1 / power);
            sum += shares[expert];
        }

        var all = new long[experts];
        long left = (long)total;
        for (int expert = 0; expert < experts; expert++)
        {
            all[expert] = Math.Min(tokens, (long)Math.Round(shares[expert] / sum * total));
            left -= all[expert];
        }

        // What rounding and the cap leave over goes around, the fullest first, in even parts.
        for (int turn = 0; left != 0 && turn < 64 * experts; turn++)
        {
            int expert = turn % experts;
            long part = Math.Max(1, Math.Abs(left) / experts);
            long change = left > 0 ? Math.Min(part, tokens - all[expert]) : -Math.Min(part, all[expert]);
            all[expert] += change;
            left -= change;
        }

        return all;
    }

    /// <summary>A permutation that depends on the seed alone (splitmix64, Fisher-Yates).</summary>
    private static int[] Shuffled(int count, ulong seed)
    {
        var order = new int[count];
        for (int i = 0; i < count; i++)
            order[i] = i;
        ulong state = (seed + 1) * 0x9E3779B97F4A7C15UL;
        for (int i = count - 1; i > 0; i--)
        {
            state += 0x9E3779B97F4A7C15UL;
            ulong mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9UL;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL;
            mixed ^= mixed >> 31;
            int other = (int)(mixed % (ulong)(i + 1));
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }

    private static int[] Narrow(long[] load)
    {
        var narrow = new int[load.Length];
        for (int i = 0; i < narrow.Length; i++)
            narrow[i] = (int)Math.Min(int.MaxValue, load[i]);
        return narrow;
    }
}
