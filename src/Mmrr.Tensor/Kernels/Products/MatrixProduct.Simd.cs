using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <content>
/// The CPU entry. The workers first pack the right factor into panels of 16 columns, [block of terms][panel][term][16]; then each takes units of 48 rows and
/// all columns, or some of them where there are few rows. For these it copies its rows of the left factor, a block of terms at a time, and computes tiles of
/// results in registers, 12 × 32 with AVX-512 and 6 × 16 with AVX2. A block has up to 384 terms: a tile's rows (18 or 9 KB) stay in L1 while the panels stream
/// past from L2. The blocks depend on the number of terms only, and so does the order of every sum. Packing moves 8 bytes for each element of the right factor
/// and, for each unit's columns, of the left one.
/// </content>
public static unsafe partial class MatrixProduct
{
    private const int MostDepth = 384;
    private const int UnitRows = 48; // a multiple of the micro-kernel's rows with any vectors
    private const int PackedTogether = 4; // panels that are packed in one pass over the rows
    private const int TileFloats = 2 * 12 * MicroKernel.PanelWidth;

    // So that there is work for several workers: with fewer units their columns are divided, down to so many panels, and then the terms of a sum over rows.
    private const int FewestUnits = 16;
    private const int FewestPanels = 16;

    private static void Run(SimdLaunch simd, string operation, Form form, Tensor left, Tensor right, Tensor? bias, Tensor output)
    {
        var plan = new Plan(form);
        var device = output.Device;
        long rows = (long)form.Batch * form.Terms;
        using var packed = Tensor.Empty(device, Check.Intermediate(operation, "the packed factor", rows, plan.Panels * MicroKernel.PanelWidth));
        using var partial = plan.Shares == 1
            ? null : Tensor.Empty(device, Check.Intermediate(operation, "its partial sums", plan.Shares, (long)form.Rows * form.Columns));
        float* a = left.Pointer, b = right.Pointer, p = packed.Pointer, y = output.Pointer;
        float* c = bias is null ? null : bias.Pointer, sums = partial is null ? y : partial.Pointer;
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(plan.PackingItems, 1);
            for (int item = begin; item < end; item++) PackRight(plan, item, b, p);
            worker.Barrier();
            float* scratch = worker.Scratch(TileFloats + (UnitRows * plan.Depth));
            while (worker.TryTake(plan.Units, out int unit)) RunUnit(plan, unit, a, p, c, sums, scratch);
            if (plan.Shares == 1) return;
            worker.Barrier();
            AddShares(plan, sums, y, worker);
        });
    }

    /// <summary>The results of one unit: 2·48·columns·terms operations.</summary>
    private static void RunUnit(in Plan plan, int unit, float* a, float* packed, float* bias, float* y, float* scratch)
    {
        var form = plan.Form;
        int panel = unit % plan.ColumnUnits * plan.UnitPanels, lastPanel = Math.Min(plan.Panels, panel + plan.UnitPanels);
        int row = unit / plan.ColumnUnits % plan.RowUnits * UnitRows, rows = Math.Min(UnitRows, form.Rows - row);
        int part = unit / plan.ColumnUnits / plan.RowUnits; // the matrix, or the share of the terms of the only one
        int matrix = plan.Shares == 1 ? part : 0, share = part - matrix;
        int firstBlock = (int)((long)plan.Blocks * share / plan.Shares), lastBlock = (int)((long)plan.Blocks * (share + 1) / plan.Shares);
        float* tile = scratch, rowsOfBlock = scratch + TileFloats;
        a += (long)matrix * form.Rows * form.Terms;
        y += (((long)part * form.Rows) + row) * form.Columns;
        for (int block = firstBlock; block < lastBlock; block++)
        {
            int depth = plan.DepthOf(block);
            PackLeft(form, a, row, rows, block * plan.Depth, depth, rowsOfBlock);
            bool first = block == firstBlock;
            int step;
            for (int at = panel; at < lastPanel; at += step)
            {
                step = Math.Min(MicroKernel.MostPanels, lastPanel - at);
                float* panels = packed + plan.Packed(matrix, block, at);
                for (int i = 0; i < rows; i += MicroKernel.Rows)
                {
                    int count = Math.Min(MicroKernel.Rows, rows - i);
                    MicroKernel.Product(rowsOfBlock + (i * depth), depth, count, panels, step == 2 ? panels + (depth * MicroKernel.PanelWidth) : null, tile);
                    for (int s = 0; s < step; s++)
                    {
                        int column = (at + s) * MicroKernel.PanelWidth;
                        Store(
                            tile + (s * MicroKernel.Rows * MicroKernel.PanelWidth), count, y + ((long)i * form.Columns) + column, form.Columns, column,
                            bias != null && first ? bias + column : null, !first);
                    }
                }
            }
        }
    }

    /// <summary>Stores the rows of one panel's tile, or adds them to the sums of the earlier blocks.</summary>
    private static void Store(float* tile, int rows, float* y, int columns, int column, float* bias, bool add)
    {
        int valid = columns - column;
        for (int i = 0; i < rows; i++, tile += MicroKernel.PanelWidth, y += columns)
        {
            if (valid >= MicroKernel.PanelWidth)
            {
                var value = Vector512.LoadAligned(tile);
                if (bias != null) value += Vector512.Load(bias);
                if (add) value += Vector512.Load(y);
                value.Store(y);
                continue;
            }
            for (int j = 0; j < valid; j++)
            {
                float value = tile[j];
                if (bias != null) value += bias[j];
                if (add) value += y[j];
                y[j] = value;
            }
        }
    }

    /// <summary>Copies the terms from <paramref name="term"/> on of some rows, and zeros for the rows that the last tile lacks.</summary>
    private static void PackLeft(in Form form, float* a, int row, int rows, int term, int depth, float* target)
    {
        if (form.LeftTransposed)
        {
            Transposition.Copy(a + ((long)term * form.Rows) + row, form.Rows, target, depth, depth, rows);
        }
        else
        {
            float* source = a + ((long)row * form.Terms) + term;
            for (int i = 0; i < rows; i++, source += form.Terms) Lanes.Copy(source, target + (i * depth), depth);
        }
        int missing = (MicroKernel.Rows - (rows % MicroKernel.Rows)) % MicroKernel.Rows;
        new Span<float>(target + (rows * depth), missing * depth).Clear();
    }

    /// <summary>Packs a few panels of one block of terms, zeros in the columns that the last one lacks.</summary>
    private static void PackRight(in Plan plan, int item, float* b, float* packed)
    {
        var form = plan.Form;
        int groups = plan.PanelGroups, first = item % groups * PackedTogether, last = Math.Min(plan.Panels, first + PackedTogether);
        int block = item / groups % plan.Blocks, matrix = item / groups / plan.Blocks, depth = plan.DepthOf(block), term = block * plan.Depth;
        b += (long)matrix * form.Terms * form.Columns;
        float* target = packed + plan.Packed(matrix, block, first);
        int size = depth * MicroKernel.PanelWidth, whole = Math.Min(last, form.Columns / MicroKernel.PanelWidth);
        if (form.RightTransposed)
        {
            for (int panel = first; panel < last; panel++, target += size)
            {
                int column = panel * MicroKernel.PanelWidth, valid = Math.Min(MicroKernel.PanelWidth, form.Columns - column);
                if (valid < MicroKernel.PanelWidth) new Span<float>(target, size).Clear();
                Transposition.Copy(b + ((long)column * form.Terms) + term, form.Terms, target, MicroKernel.PanelWidth, valid, depth);
            }
            return;
        }
        for (int k = 0; k < depth; k++, target += MicroKernel.PanelWidth)
        {
            float* source = b + ((long)(term + k) * form.Columns), to = target;
            for (int panel = first; panel < whole; panel++, to += size) Vector512.Load(source + (panel * MicroKernel.PanelWidth)).StoreAligned(to);
            if (whole == last) continue;
            int column = whole * MicroKernel.PanelWidth;
            Lanes.Load(source + column, form.Columns - column).StoreAligned(to);
        }
    }

    /// <summary>Adds the shares of every result, in order.</summary>
    private static void AddShares(in Plan plan, float* sums, float* y, Worker worker)
    {
        long count = (long)plan.Form.Rows * plan.Form.Columns;
        var (i, end) = worker.Share((int)count, Lanes.Grain);
        for (; i < end; i++)
        {
            float sum = sums[i];
            for (int share = 1; share < plan.Shares; share++) sum += sums[(share * count) + i];
            y[i] = sum;
        }
    }

    /// <summary>The division of a product into blocks of terms, panels and units.</summary>
    private readonly struct Plan
    {
        public Plan(in Form form)
        {
            Form = form;
            Blocks = Pieces(form.Terms, MostDepth);
            Depth = Pieces(form.Terms, Blocks);
            Panels = Pieces(form.Columns, MicroKernel.PanelWidth);
            PanelGroups = Pieces(Panels, PackedTogether);
            RowUnits = Pieces(form.Rows, UnitRows);
            UnitPanels = Panels;
            long units = (long)form.Batch * RowUnits;
            while (units * Pieces(Panels, UnitPanels) < FewestUnits && UnitPanels > FewestPanels) UnitPanels = Pieces(UnitPanels, 2);
            ColumnUnits = Pieces(Panels, UnitPanels);
            Shares = form.LeftTransposed && form.Batch == 1 ? (int)Math.Clamp(FewestUnits / (units * ColumnUnits), 1, Blocks) : 1;
        }

        public Form Form { get; }

        public int Blocks { get; }

        public int Depth { get; }

        public int Panels { get; }

        public int PanelGroups { get; }

        public int RowUnits { get; }

        /// <summary>Panels of a unit.</summary>
        public int UnitPanels { get; }

        public int ColumnUnits { get; }

        /// <summary>Parts of the terms with sums of their own, added at the end.</summary>
        public int Shares { get; }

        public int Units => Form.Batch * Shares * RowUnits * ColumnUnits;

        public int PackingItems => Form.Batch * Blocks * PanelGroups;

        public int DepthOf(int block) => Math.Min(Depth, Form.Terms - (block * Depth));

        public long Packed(int matrix, int block, int panel) =>
            (((((long)matrix * Form.Terms) + (block * Depth)) * Panels) + ((long)panel * DepthOf(block))) * MicroKernel.PanelWidth;

        private static int Pieces(int count, int size) => ((count - 1) / size) + 1;
    }
}
