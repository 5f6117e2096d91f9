<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>AnswerCard</name>
    <message>
        <source>waiting</source>
        <translation>等待中</translation>
    </message>
    <message>
        <source>stale</source>
        <translation>已过期</translation>
    </message>
    <message>
        <source>answering</source>
        <translation>回答中</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>, cut</source>
        <translation>，已截断</translation>
    </message>
    <message>
        <source>Stale: this answer is for %1</source>
        <translation>已过期：此回答对应 %1</translation>
    </message>
    <message>
        <source>for %1 kept</source>
        <translation>保留 %1</translation>
    </message>
    <message>
        <source>%1 tokens%2 · %3</source>
        <translation>%1 个词元%2 · %3</translation>
    </message>
    <message>
        <source>Cut at the limit of new tokens. For %1</source>
        <translation>因达到新词元上限而截断。对应 %1</translation>
    </message>
</context>
<context>
    <name>AnswerPanel</name>
    <message>
        <source>Pruned</source>
        <translation>已剪枝</translation>
    </message>
    <message>
        <source>Answer with the kept tokens</source>
        <translation>用保留词元得到的回答</translation>
    </message>
    <message>
        <source>All tokens</source>
        <translation>全部词元</translation>
    </message>
    <message>
        <source>Answer with all tokens</source>
        <translation>用全部词元得到的回答</translation>
    </message>
    <message>
        <source>Comparison of the answers</source>
        <translation>回答对比</translation>
    </message>
    <message>
        <source>%1 · %2</source>
        <translation>%1 · %2</translation>
    </message>
    <message>
        <source>Same answer with and without pruning.</source>
        <translation>剪枝前后回答相同。</translation>
    </message>
    <message>
        <source>Pruning changes the answer.</source>
        <translation>剪枝改变了回答。</translation>
    </message>
    <message>
        <source>Log-probability of the answer with all tokens</source>
        <translation>全部词元的回答的对数概率</translation>
    </message>
    <message>
        <source>Forcing leaves the answer as it was.</source>
        <translation>强制保留或丢弃没有改变回答。</translation>
    </message>
    <message>
        <source>Forcing changes the answer: was “%1”.</source>
        <translation>强制改变了回答：原来是“%1”。</translation>
    </message>
    <message>
        <source>log p of the full answer: method %1, forced %2 (%3), all tokens %4</source>
        <translation>完整回答的 log p：方法 %1，强制后 %2（%3），全部词元 %4</translation>
    </message>
    <message>
        <source>log p of the full answer: now %1 (%2), all tokens %3</source>
        <translation>完整回答的 log p：现在 %1（%2），全部词元 %3</translation>
    </message>
    <message>
        <source>Natural log-probability, summed over the %1 tokens of “%2” (the answer with all tokens), which is scored again with the tokens kept now%3. In brackets: the change.</source>
        <translation>自然对数概率，对“%2”（全部词元的回答）的 %1 个词元求和，并用现在保留的词元重新打分%3。括号内为变化量。</translation>
    </message>
    <message>
        <source>, and with what the method keeps when nothing is forced</source>
        <translation>，以及不强制时方法所保留的词元</translation>
    </message>
</context>
<context>
    <name>BudgetAxis</name>
    <message>
        <source>Budgets that were measured</source>
        <translation>已测量的预算</translation>
    </message>
    <message>
        <source>%1 tokens: %2 (measured). Click: keep %1</source>
        <translation>%1 个词元：%2（实测）。单击：保留 %1 个</translation>
    </message>
</context>
<context>
    <name>BudgetStrip</name>
    <message>
        <source>Where the answer changes</source>
        <translation>回答改变之处</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Close the strip of budgets</source>
        <translation>关闭预算条</translation>
    </message>
    <message>
        <source>Answering with all tokens first …</source>
        <translation>先用全部词元回答……</translation>
    </message>
    <message>
        <source>“%1” at every measured budget, as with all %2 tokens.</source>
        <translation>所有实测预算下均为“%1”，与全部 %2 个词元时相同。</translation>
    </message>
    <message>
        <source>Even with %1 of %2 tokens “%3”, with all of them “%4”.</source>
        <translation>即使保留 %1 / %2 个词元仍为“%3”，全部保留时为“%4”。</translation>
    </message>
    <message>
        <source>From %1 of %2 tokens on “%3”, as with all tokens; with %4 “%5”.</source>
        <translation>从 %1 / %2 个词元起为“%3”，与全部词元时相同；%4 个时为“%5”。</translation>
    </message>
    <message>
        <source>stale: for another question or other parameters</source>
        <translation>过期：针对另一问题或其他参数</translation>
    </message>
    <message>
        <source>stopped; %1</source>
        <translation>已停止；%1</translation>
    </message>
    <message>
        <source>Keep %1</source>
        <translation>保留 %1</translation>
    </message>
    <message>
        <source>Largest measured budget with another answer</source>
        <translation>给出不同回答的最大实测预算</translation>
    </message>
    <message>
        <source>Smallest budget from which on every measured answer is that of all tokens</source>
        <translation>从该预算起，所有实测回答都与全部词元时相同</translation>
    </message>
    <message>
        <source>Find the &amp;budget where the answer changes</source>
        <translation>寻找回答改变的预算(&amp;B)</translation>
    </message>
    <message>
        <source>Answers at some twenty budgets with the present method and parameters</source>
        <translation>以当前方法和参数在约二十个预算处回答</translation>
    </message>
    <message>
        <source>%1 budgets measured: ● as with all tokens, ○ another answer</source>
        <translation>实测 %1 个预算：● 与全部词元相同，○ 不同回答</translation>
    </message>
    <message>
        <source>%1. Between the marks nothing is known.</source>
        <translation>%1。标记之间未知。</translation>
    </message>
    <message>
        <source>Keep the largest budget with another answer</source>
        <translation>保留给出不同回答的最大预算</translation>
    </message>
    <message>
        <source>Keep the smallest budget with the answer of all tokens</source>
        <translation>保留与全部词元回答相同的最小预算</translation>
    </message>
</context>
<context>
    <name>CanvasWidget</name>
    <message>
        <source>Image with token grid</source>
        <translation>带词元网格的图像</translation>
    </message>
    <message>
        <source>column %1</source>
        <translation>列 %1</translation>
    </message>
    <message>
        <source>row %1</source>
        <translation>行 %1</translation>
    </message>
</context>
<context>
    <name>CheatSheet</name>
    <message>
        <source>On the picture</source>
        <translation>在图像上</translation>
    </message>
    <message>
        <source>Wheel</source>
        <translation>滚轮</translation>
    </message>
    <message>
        <source>zoom at the pointer</source>
        <translation>在指针处缩放</translation>
    </message>
    <message>
        <source>Drag</source>
        <translation>拖动</translation>
    </message>
    <message>
        <source>move the picture</source>
        <translation>移动图像</translation>
    </message>
    <message>
        <source>Click</source>
        <translation>单击</translation>
    </message>
    <message>
        <source>pin a token</source>
        <translation>固定一个词元</translation>
    </message>
    <message>
        <source>Arrow keys</source>
        <translation>方向键</translation>
    </message>
    <message>
        <source>move the pinned token</source>
        <translation>移动固定的词元</translation>
    </message>
    <message>
        <source>zoom in, out, fit, one to one</source>
        <translation>放大、缩小、适应窗口、一比一</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>按键</translation>
    </message>
    <message>
        <source>List of keys</source>
        <translation>按键列表</translation>
    </message>
    <message>
        <source>Change &amp;keys…</source>
        <translation>更改按键(&amp;K)…</translation>
    </message>
    <message>
        <source>&amp;Close</source>
        <translation>关闭(&amp;C)</translation>
    </message>
</context>
<context>
    <name>CommandPalette</name>
    <message>
        <source>Commands</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Type a few letters of a command</source>
        <translation>输入命令中的几个字符</translation>
    </message>
    <message>
        <source>Search commands</source>
        <translation>搜索命令</translation>
    </message>
    <message>
        <source>Commands that fit</source>
        <translation>匹配的命令</translation>
    </message>
</context>
<context>
    <name>CommandRegistry</name>
    <message>
        <source>cannot bind %1</source>
        <translation>无法绑定 %1</translation>
    </message>
    <message>
        <source>it belongs to &quot;%1&quot;</source>
        <translation>它已属于“%1”</translation>
    </message>
    <message>
        <source>choose another key, or free that one first</source>
        <translation>请换一个按键，或先释放该按键</translation>
    </message>
</context>
<context>
    <name>ComparePanel</name>
    <message>
        <source>Kept by whom</source>
        <translation>谁保留</translation>
    </message>
    <message>
        <source>Score difference</source>
        <translation>分数之差</translation>
    </message>
    <message>
        <source>Wipe</source>
        <translation>划分对比</translation>
    </message>
    <message>
        <source>A alone</source>
        <translation>仅看 A</translation>
    </message>
    <message>
        <source>B alone</source>
        <translation>仅看 B</translation>
    </message>
    <message>
        <source>Pinned state A</source>
        <translation>固定的状态 A</translation>
    </message>
    <message>
        <source>How A and B are shown</source>
        <translation>A 与 B 的显示方式</translation>
    </message>
    <message>
        <source>S: kept by whom, W: wipe, F: A and B in turn (canvas keys)</source>
        <translation>S：谁保留，W：划分对比，F：A 与 B 交替（画布按键）</translation>
    </message>
    <message>
        <source>Score that is subtracted</source>
        <translation>相减的分数</translation>
    </message>
    <message>
        <source>Scale before subtracting</source>
        <translation>相减前的尺度</translation>
    </message>
    <message>
        <source>End</source>
        <translation>结束</translation>
    </message>
    <message>
        <source>End the comparison</source>
        <translation>结束对比</translation>
    </message>
    <message>
        <source>Forget A</source>
        <translation>忘记 A</translation>
    </message>
    <message>
        <source>Counts of the comparison</source>
        <translation>对比计数</translation>
    </message>
    <message>
        <source>Answer of A</source>
        <translation>A 的回答</translation>
    </message>
    <message>
        <source>Answer of B</source>
        <translation>B 的回答</translation>
    </message>
    <message>
        <source>A: %1</source>
        <translation>A：%1</translation>
    </message>
    <message>
        <source>A: %1
Question: %2</source>
        <translation>A：%1
问题：%2</translation>
    </message>
    <message>
        <source>IoU %1 · only A %2 · only B %3</source>
        <translation>IoU %1 · 仅 A %2 · 仅 B %3</translation>
    </message>
    <message>
        <source>only A %1 · both %2 · only B %3 · neither %4 · IoU %5</source>
        <translation>仅 A %1 · 两者 %2 · 仅 B %3 · 皆无 %4 · IoU %5</translation>
    </message>
    <message>
        <source>A and B cannot be compared: another grid</source>
        <translation>A 与 B 无法对比：网格不同</translation>
    </message>
    <message>
        <source>&lt;i&gt;no answer yet&lt;/i&gt;</source>
        <translation>&lt;i&gt;尚无回答&lt;/i&gt;</translation>
    </message>
    <message>
        <source>&lt;i&gt;stale:&lt;/i&gt; %1</source>
        <translation>&lt;i&gt;已过期：&lt;/i&gt;%1</translation>
    </message>
    <message>
        <source>B: %1</source>
        <translation>B：%1</translation>
    </message>
</context>
<context>
    <name>DocumentState</name>
    <message>
        <source>change of %1</source>
        <translation>更改%1</translation>
    </message>
</context>
<context>
    <name>Inspector</name>
    <message>
        <source>Point at the picture, or move with the arrow keys. A click pins a token.</source>
        <translation>指向图像，或用方向键移动。单击可固定一个令牌。</translation>
    </message>
    <message>
        <source> A: %1, B: %2.</source>
        <translation> A：%1，B：%2。</translation>
    </message>
    <message>
        <source>kept</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>dropped</source>
        <translation>丢弃</translation>
    </message>
    <message>
        <source>forced tokens</source>
        <translation>手动指定的令牌</translation>
    </message>
    <message>
        <source>Force &amp;keep</source>
        <translation>强制保留(&amp;K)</translation>
    </message>
    <message>
        <source>The pinned token stays whatever the method says (Ctrl+drag: brush)</source>
        <translation>无论方法如何，固定的令牌都保留（Ctrl+拖动：画笔）</translation>
    </message>
    <message>
        <source>Force d&amp;rop</source>
        <translation>强制丢弃(&amp;R)</translation>
    </message>
    <message>
        <source>The pinned token goes whatever the method says (Shift+drag: brush)</source>
        <translation>无论方法如何，固定的令牌都丢弃（Shift+拖动：画笔）</translation>
    </message>
    <message>
        <source>Free &amp;token</source>
        <translation>释放令牌(&amp;T)</translation>
    </message>
    <message>
        <source>The method decides about the pinned token again</source>
        <translation>固定的令牌重新由方法决定</translation>
    </message>
    <message>
        <source>Free &amp;all tokens</source>
        <translation>释放全部令牌(&amp;A)</translation>
    </message>
    <message>
        <source>The method decides about every token again</source>
        <translation>所有令牌重新由方法决定</translation>
    </message>
    <message>
        <source>&amp;Lines to partners</source>
        <translation>到伙伴的连线(&amp;L)</translation>
    </message>
    <message>
        <source>From the pinned token to its nearest partners</source>
        <translation>从固定的令牌到其最近的伙伴</translation>
    </message>
</context>
<context>
    <name>KeyDialog</name>
    <message>
        <source>Change keys</source>
        <translation>更改按键</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Search commands</source>
        <translation>搜索命令</translation>
    </message>
    <message>
        <source>Commands and their keys</source>
        <translation>命令及其按键</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>按键</translation>
    </message>
    <message>
        <source>&amp;New key:</source>
        <translation>新按键(&amp;N)：</translation>
    </message>
    <message>
        <source>New key</source>
        <translation>新按键</translation>
    </message>
    <message>
        <source>&amp;Bind</source>
        <translation>绑定(&amp;B)</translation>
    </message>
    <message>
        <source>&amp;No key</source>
        <translation>无按键(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Default</source>
        <translation>默认(&amp;D)</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>&amp;All to defaults</source>
        <translation>全部恢复默认(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Close</source>
        <translation>关闭(&amp;C)</translation>
    </message>
</context>
<context>
    <name>LatencyPanel</name>
    <message>
        <source>ratio</source>
        <translation>比值</translation>
    </message>
    <message>
        <source>Pruned divided by all tokens; under 1 pruning saves.</source>
        <translation>剪枝除以全部词元；小于 1 表示剪枝有节省。</translation>
    </message>
    <message>
        <source>measured</source>
        <translation>实测</translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation>%1（%2）</translation>
    </message>
    <message>
        <source>%1 of the pruned run, %2</source>
        <translation>剪枝运行的 %1，%2</translation>
    </message>
    <message>
        <source>%1 of the run with all tokens, %2</source>
        <translation>全部词元运行的 %1，%2</translation>
    </message>
    <message>
        <source>pruned</source>
        <translation>剪枝</translation>
    </message>
    <message>
        <source>all</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>Break-even budget</source>
        <translation>收支平衡的预算</translation>
    </message>
    <message>
        <source>&amp;Measure</source>
        <translation>测量(&amp;M)</translation>
    </message>
    <message>
        <source>Repeat both runs in turn after a warm-up, each from the image file on, and show medians and quartiles (Ctrl+M). Esc stops it.</source>
        <translation>预热后交替重复两种运行，每次都从图像文件开始，并显示中位数和四分位数（Ctrl+M）。Esc 停止。</translation>
    </message>
    <message>
        <source>Repeats of a measurement</source>
        <translation>测量的重复次数</translation>
    </message>
    <message>
        <source>How often each run is repeated, beside one warm-up; 1 to 99</source>
        <translation>除一次预热外每种运行重复的次数；1 到 99</translation>
    </message>
    <message>
        <source>Measured before with other settings; Measure repeats it.</source>
        <translation>之前的测量用的是其他设置；点“测量”重新测。</translation>
    </message>
    <message>
        <source>Measuring…</source>
        <translation>正在测量…</translation>
    </message>
</context>
<context>
    <name>LegendWidget</name>
    <message>
        <source>Legend of the overlay</source>
        <translation>叠加层图例</translation>
    </message>
    <message>
        <source>%1.
The bar shows the colours before they are blended with the picture.</source>
        <translation>%1。
色条显示与图像混合之前的颜色。</translation>
    </message>
</context>
<context>
    <name>LensBar</name>
    <message>
        <source>Word of the question</source>
        <translation>问题中的词</translation>
    </message>
    <message>
        <source>The word whose relevance is shown; Q and Shift+Q step through them (canvas keys)</source>
        <translation>显示其相关性的词；Q 和 Shift+Q 逐个切换（画布按键）</translation>
    </message>
    <message>
        <source>Question that is subtracted</source>
        <translation>被减去的问题</translation>
    </message>
    <message>
        <source>Its relevance is subtracted from that of the present question</source>
        <translation>从当前问题的相关性中减去它的相关性</translation>
    </message>
    <message>
        <source>No words known yet</source>
        <translation>还不知道词</translation>
    </message>
    <message>
        <source>Word:</source>
        <translation>词：</translation>
    </message>
    <message>
        <source>This question minus:</source>
        <translation>此问题减去：</translation>
    </message>
    <message>
        <source>Add a second question with Ctrl+T to see the difference.</source>
        <translation>用 Ctrl+T 添加第二个问题以查看差异。</translation>
    </message>
</context>
<context>
    <name>LensModel</name>
    <message>
        <source>needs a second question: add one with Ctrl+T</source>
        <translation>需要第二个问题：用 Ctrl+T 添加</translation>
    </message>
    <message>
        <source>being worked out</source>
        <translation>正在计算</translation>
    </message>
    <message>
        <source>one vector for the whole question here (CLIP space), none for its words</source>
        <translation>这里整个问题只有一个向量（CLIP 空间），没有单词的向量</translation>
    </message>
    <message>
        <source>this word does not count in the question&apos;s vector</source>
        <translation>这个词不计入问题的向量</translation>
    </message>
    <message>
        <source>the words of this question were not recorded</source>
        <translation>没有记录这个问题的词</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>PruneScope</source>
        <translation>PruneScope</translation>
    </message>
    <message>
        <source>Drop an image here, or open one with Ctrl+O</source>
        <translation>将图像拖放到此处，或按 Ctrl+O 打开</translation>
    </message>
    <message>
        <source>Question and answers</source>
        <translation>问题与回答</translation>
    </message>
    <message>
        <source>Latency and cost</source>
        <translation>延迟与开销</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>Token</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>Activity</source>
        <translation>当前活动</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Cancel what runs</source>
        <translation>取消正在进行的操作</translation>
    </message>
    <message>
        <source>Stop what runs (Esc)</source>
        <translation>停止正在进行的操作 (Esc)</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>reading %1 …</source>
        <translation>正在读取 %1 …</translation>
    </message>
    <message>
        <source>not seen by a model yet</source>
        <translation>模型尚未看过</translation>
    </message>
    <message>
        <source>stale: for another question (Enter asks)</source>
        <translation>已过期：对应另一个问题（按回车提问）</translation>
    </message>
    <message>
        <source>stale: for %1</source>
        <translation>已过期：对应 %1</translation>
    </message>
    <message>
        <source>%1 · %2 parameters · %3 · %4</source>
        <translation>%1 · %2 个参数 · %3 · %4</translation>
    </message>
    <message>
        <source>no model</source>
        <translation>无模型</translation>
    </message>
    <message>
        <source>model not loaded</source>
        <translation>模型未加载</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>No model: open a model folder with Ctrl+Shift+O</source>
        <translation>无模型：按 Ctrl+Shift+O 打开模型文件夹</translation>
    </message>
    <message>
        <source>%1 of %2 tokens kept, decided in %3</source>
        <translation>保留 %1 / %2 个词元，决定用时 %3</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>Open &amp;recent</source>
        <translation>打开最近的文件(&amp;R)</translation>
    </message>
    <message>
        <source>Sa&amp;mple scenes</source>
        <translation>示例场景(&amp;M)</translation>
    </message>
    <message>
        <source>Open model &amp;folder…</source>
        <translation>打开模型文件夹(&amp;F)…</translation>
    </message>
    <message>
        <source>Load another model</source>
        <translation>加载另一个模型</translation>
    </message>
    <message>
        <source>&amp;Export canvas as PNG…</source>
        <translation>导出画布为 PNG(&amp;E)…</translation>
    </message>
    <message>
        <source>Write canvas and legend to a file</source>
        <translation>将画布和图例写入文件</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>Close the window</source>
        <translation>关闭窗口</translation>
    </message>
    <message>
        <source>Open this scene and ask this</source>
        <translation>打开此场景并提出此问题</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>编辑(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>撤销(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>重做(&amp;R)</translation>
    </message>
    <message>
        <source>Take back the last change</source>
        <translation>撤销上一次更改</translation>
    </message>
    <message>
        <source>Make the change again</source>
        <translation>再次执行该更改</translation>
    </message>
    <message>
        <source>&amp;Copy canvas</source>
        <translation>复制画布(&amp;C)</translation>
    </message>
    <message>
        <source>Copy the picture with its overlay</source>
        <translation>复制图像及其叠加层</translation>
    </message>
    <message>
        <source>P&amp;aste image</source>
        <translation>粘贴图像(&amp;A)</translation>
    </message>
    <message>
        <source>Open the picture or file in the clipboard</source>
        <translation>打开剪贴板中的图像或文件</translation>
    </message>
    <message>
        <source>Reset all &amp;parameters</source>
        <translation>重置所有参数(&amp;P)</translation>
    </message>
    <message>
        <source>Every parameter back to its default</source>
        <translation>将每个参数恢复为默认值</translation>
    </message>
    <message>
        <source>all parameters</source>
        <translation>所有参数</translation>
    </message>
    <message>
        <source>Change &amp;keys…</source>
        <translation>更改按键(&amp;K)…</translation>
    </message>
    <message>
        <source>Bind other keys to actions</source>
        <translation>为操作绑定其他按键</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>Show this overlay</source>
        <translation>显示此叠加层</translation>
    </message>
    <message>
        <source>Colour &amp;map</source>
        <translation>颜色映射(&amp;M)</translation>
    </message>
    <message>
        <source>Colour map of heat overlays</source>
        <translation>热力叠加层的颜色映射</translation>
    </message>
    <message>
        <source>&amp;Whole original image</source>
        <translation>完整原始图像(&amp;W)</translation>
    </message>
    <message>
        <source>Show what the model does not see, hatched</source>
        <translation>以阴影线显示模型看不到的部分</translation>
    </message>
    <message>
        <source>Patch &amp;grid</source>
        <translation>图块网格(&amp;G)</translation>
    </message>
    <message>
        <source>Lines between patches</source>
        <translation>图块之间的线</translation>
    </message>
    <message>
        <source>Zoom &amp;in</source>
        <translation>放大(&amp;I)</translation>
    </message>
    <message>
        <source>Larger</source>
        <translation>更大</translation>
    </message>
    <message>
        <source>Zoom &amp;out</source>
        <translation>缩小(&amp;O)</translation>
    </message>
    <message>
        <source>Smaller</source>
        <translation>更小</translation>
    </message>
    <message>
        <source>&amp;Fit</source>
        <translation>适应窗口(&amp;F)</translation>
    </message>
    <message>
        <source>Fit the picture into the canvas</source>
        <translation>使图像适应画布</translation>
    </message>
    <message>
        <source>One to on&amp;e</source>
        <translation>一比一(&amp;E)</translation>
    </message>
    <message>
        <source>One image pixel on one screen pixel</source>
        <translation>一个图像像素对应一个屏幕像素</translation>
    </message>
    <message>
        <source>&amp;Panels</source>
        <translation>面板(&amp;P)</translation>
    </message>
    <message>
        <source>Show or hide this panel</source>
        <translation>显示或隐藏此面板</translation>
    </message>
    <message>
        <source>&amp;Reset layout</source>
        <translation>重置布局(&amp;R)</translation>
    </message>
    <message>
        <source>All panels back to their places</source>
        <translation>所有面板回到原位</translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation>主题(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;System</source>
        <translation>跟随系统(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Light</source>
        <translation>浅色(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Dark</source>
        <translation>深色(&amp;D)</translation>
    </message>
    <message>
        <source>Colours of the window</source>
        <translation>窗口的颜色</translation>
    </message>
    <message>
        <source>&amp;Prune</source>
        <translation>剪枝(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>语言(&amp;L)</translation>
    </message>
    <message>
        <source>Language of the window</source>
        <translation>窗口的语言</translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation>运行(&amp;R)</translation>
    </message>
    <message>
        <source>Decide and answer, pruned and unpruned</source>
        <translation>决定并回答，剪枝与不剪枝</translation>
    </message>
    <message>
        <source>&amp;Edit question</source>
        <translation>编辑问题(&amp;E)</translation>
    </message>
    <message>
        <source>Go to the question</source>
        <translation>转到问题</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>停止(&amp;S)</translation>
    </message>
    <message>
        <source>Stop what runs</source>
        <translation>停止正在进行的操作</translation>
    </message>
    <message>
        <source>&amp;Answer while parameters change</source>
        <translation>参数变化时自动回答(&amp;A)</translation>
    </message>
    <message>
        <source>Ask again after 150 ms of rest</source>
        <translation>静止 150 毫秒后重新提问</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>&amp;Command palette…</source>
        <translation>命令面板(&amp;C)…</translation>
    </message>
    <message>
        <source>Find any action by a few letters</source>
        <translation>用几个字符查找任何操作</translation>
    </message>
    <message>
        <source>&amp;Keys</source>
        <translation>按键(&amp;K)</translation>
    </message>
    <message>
        <source>List of keys</source>
        <translation>按键列表</translation>
    </message>
    <message>
        <source>&amp;About PruneScope</source>
        <translation>关于 PruneScope(&amp;A)</translation>
    </message>
    <message>
        <source>Versions and licence</source>
        <translation>版本与许可证</translation>
    </message>
    <message>
        <source>Start again now</source>
        <translation>立即重新启动</translation>
    </message>
    <message>
        <source>The language changes at the next start.</source>
        <translation>语言将在下次启动时更改。</translation>
    </message>
    <message>
        <source>Save canvas</source>
        <translation>保存画布</translation>
    </message>
    <message>
        <source>PNG picture (*.png)</source>
        <translation>PNG 图片 (*.png)</translation>
    </message>
    <message>
        <source>About PruneScope</source>
        <translation>关于 PruneScope</translation>
    </message>
    <message>
        <source>&lt;p&gt;&lt;b&gt;PruneScope %1&lt;/b&gt;&lt;/p&gt;&lt;p&gt;Shows which visual tokens a pruning method keeps on LLaVA models, and why.&lt;/p&gt;&lt;p&gt;GPL-3.0-or-later&lt;/p&gt;</source>
        <translation>&lt;p&gt;&lt;b&gt;PruneScope %1&lt;/b&gt;&lt;/p&gt;&lt;p&gt;展示剪枝方法在 LLaVA 模型上保留了哪些视觉词元，以及原因。&lt;/p&gt;&lt;p&gt;GPL-3.0-or-later&lt;/p&gt;</translation>
    </message>
    <message>
        <source>question</source>
        <translation>问题</translation>
    </message>
    <message>
        <source>overlay</source>
        <translation>叠加层</translation>
    </message>
    <message>
        <source>colour map</source>
        <translation>颜色映射</translation>
    </message>
    <message>
        <source>opacity</source>
        <translation>不透明度</translation>
    </message>
    <message>
        <source>whole image</source>
        <translation>完整图像</translation>
    </message>
    <message>
        <source>patch grid</source>
        <translation>图块网格</translation>
    </message>
    <message>
        <source>pinned token</source>
        <translation>固定的词元</translation>
    </message>
    <message>
        <source>Open sess&amp;ion…</source>
        <translation>打开会话(&amp;I)…</translation>
    </message>
    <message>
        <source>Open a saved session</source>
        <translation>打开已保存的会话</translation>
    </message>
    <message>
        <source>&amp;Save session</source>
        <translation>保存会话(&amp;S)</translation>
    </message>
    <message>
        <source>Save image, question, parameters and view</source>
        <translation>保存图像、问题、参数和视图</translation>
    </message>
    <message>
        <source>Save session &amp;as…</source>
        <translation>会话另存为(&amp;A)…</translation>
    </message>
    <message>
        <source>Save the session under another name</source>
        <translation>以另一个名称保存会话</translation>
    </message>
    <message>
        <source>Reopen &amp;last session</source>
        <translation>重新打开上次会话(&amp;L)</translation>
    </message>
    <message>
        <source>Go on where the program was closed</source>
        <translation>从程序关闭处继续</translation>
    </message>
    <message>
        <source>PruneScope ended unexpectedly last time. Its session was saved.</source>
        <translation>PruneScope 上次意外结束，其会话已保存。</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>丢弃</translation>
    </message>
    <message>
        <source>&amp;Clear list</source>
        <translation>清空列表(&amp;C)</translation>
    </message>
    <message>
        <source>Forget the recent files</source>
        <translation>忘记最近的文件</translation>
    </message>
    <message>
        <source>%1[*] – PruneScope</source>
        <translation>%1[*] – PruneScope</translation>
    </message>
    <message>
        <source>Open session</source>
        <translation>打开会话</translation>
    </message>
    <message>
        <source>Sessions (*.prunescope-session);;All files (*)</source>
        <translation>会话 (*.prunescope-session);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Save session</source>
        <translation>保存会话</translation>
    </message>
    <message>
        <source>Sessions (*.prunescope-session)</source>
        <translation>会话 (*.prunescope-session)</translation>
    </message>
    <message>
        <source>options given at the start</source>
        <translation>启动时给出的选项</translation>
    </message>
    <message>
        <source>stale: survival with other knobs</source>
        <translation>已过期：其他参数下的存留图</translation>
    </message>
    <message>
        <source>&amp;Paper style</source>
        <translation>论文样式(&amp;P)</translation>
    </message>
    <message>
        <source>Dropped tokens under 65 % white, heat in jet at 50 %: to match published figures</source>
        <translation>丢弃的令牌覆以 65 % 白色，热图为 50 % 的 jet：与发表的图一致</translation>
    </message>
    <message>
        <source>%1 tokens are forced to stay, the budget is %2: raise it, or free some</source>
        <translation>强制保留了 %1 个词元，预算只有 %2：请提高预算或解除一些</translation>
    </message>
    <message>
        <source>stale: relevance with other knobs</source>
        <translation>已过期：相关性是其他参数的</translation>
    </message>
    <message>
        <source>&amp;Measure</source>
        <translation>测量(&amp;M)</translation>
    </message>
    <message>
        <source>Repeat both runs, for medians and the break-even budget</source>
        <translation>重复两种运行，得到中位数和收支平衡的预算</translation>
    </message>
    <message>
        <source>word</source>
        <translation>词</translation>
    </message>
    <message>
        <source>&amp;Open…</source>
        <translation>打开(&amp;O)…</translation>
    </message>
    <message>
        <source>Open an image, a trace or a session</source>
        <translation>打开图像、轨迹或会话</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Images, traces, sessions (*.png *.jpg *.jpeg *.bmp *.webp *.tif *.tiff *.gif *.pnm *.ppm *.prunescope *.prunescope-session);;All files (*)</source>
        <translation>图像、轨迹、会话 (*.png *.jpg *.jpeg *.bmp *.webp *.tif *.tiff *.gif *.pnm *.ppm *.prunescope *.prunescope-session);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Save &amp;trace…</source>
        <translation>保存轨迹(&amp;T)…</translation>
    </message>
    <message>
        <source>Picture, decisions, answers and timings in one file that opens without the model</source>
        <translation>把图像、决策、回答和计时存入一个无需模型即可打开的文件</translation>
    </message>
    <message>
        <source>Saved %1</source>
        <translation>已保存 %1</translation>
    </message>
    <message>
        <source>Save trace</source>
        <translation>保存轨迹</translation>
    </message>
    <message>
        <source>Traces (*.prunescope)</source>
        <translation>轨迹 (*.prunescope)</translation>
    </message>
    <message>
        <source>trace of %1 · %2 · %3 parameters</source>
        <translation>%1 的轨迹 · %2 · %3 参数</translation>
    </message>
    <message>
        <source>Recorded %1 with PruneScope %2 on %3, %4</source>
        <translation>记录于 %1，PruneScope %2，%3，%4</translation>
    </message>
    <message>
        <source>Model: %1</source>
        <translation>模型：%1</translation>
    </message>
    <message>
        <source>This model is loaded: Run makes new answers.</source>
        <translation>该模型已加载：运行会给出新回答。</translation>
    </message>
    <message>
        <source>This model is not loaded: new answers need it, everything else works from the trace.</source>
        <translation>该模型未加载：新回答需要它，其余一切都可由轨迹得出。</translation>
    </message>
    <message>
        <source>paper style</source>
        <translation>论文样式</translation>
    </message>
    <message>
        <source>comparison</source>
        <translation>对比</translation>
    </message>
</context>
<context>
    <name>MaskButton</name>
    <message>
        <source>Redundancy mask at tau %1</source>
        <translation>tau 为 %1 时的冗余掩码</translation>
    </message>
    <message>
        <source>Local redundancy at tau %1: no image yet</source>
        <translation>tau 为 %1 时的局部冗余：尚无图像</translation>
    </message>
    <message>
        <source>Redundancy mask at tau %1, %2 marked</source>
        <translation>tau 为 %1 时的冗余掩码，标记 %2</translation>
    </message>
    <message>
        <source>&lt;p&gt;&lt;b&gt;tau = %1&lt;/b&gt;: %2 of the patches have a mean cosine of at least %1 with their 8 neighbours (veiled).&lt;/p&gt;&lt;p&gt;Click: use this tau.&lt;/p&gt;</source>
        <translation>&lt;p&gt;&lt;b&gt;tau = %1&lt;/b&gt;：%2 的图块与其 8 个邻居的平均余弦不低于 %1（已遮盖）。&lt;/p&gt;&lt;p&gt;单击：使用此 tau。&lt;/p&gt;</translation>
    </message>
</context>
<context>
    <name>MaskStrip</name>
    <message>
        <source>Locally redundant patches (8 neighbours) at tau = …, share marked</source>
        <translation>局部冗余的图块（8 邻居），tau = …，标记比例</translation>
    </message>
</context>
<context>
    <name>MessageBar</name>
    <message>
        <source>because: %1</source>
        <translation>原因：%1</translation>
    </message>
    <message>
        <source>file: %1</source>
        <translation>文件：%1</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>What went wrong</source>
        <translation>出了什么问题</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详情</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Dismiss the message</source>
        <translation>关闭消息</translation>
    </message>
    <message>
        <source>Details of the message</source>
        <translation>消息详情</translation>
    </message>
</context>
<context>
    <name>ModelDialog</name>
    <message>
        <source>Open model folder</source>
        <translation>打开模型文件夹</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Family</source>
        <translation>系列</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>Stored as</source>
        <translation>存储格式</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Model folders</source>
        <translation>模型文件夹</translation>
    </message>
    <message>
        <source>About the chosen folder</source>
        <translation>关于所选文件夹</translation>
    </message>
    <message>
        <source>&amp;Browse…</source>
        <translation>浏览(&amp;B)…</translation>
    </message>
    <message>
        <source>&amp;Load</source>
        <translation>加载(&amp;L)</translation>
    </message>
    <message>
        <source>Model folder</source>
        <translation>模型文件夹</translation>
    </message>
    <message>
        <source>reading …</source>
        <translation>正在读取 …</translation>
    </message>
    <message>
        <source>unfit: %1</source>
        <translation>不可用：%1</translation>
    </message>
    <message>
        <source>%1
Cannot be used: %2</source>
        <translation>%1
无法使用：%2</translation>
    </message>
    <message>
        <source>loaded</source>
        <translation>已加载</translation>
    </message>
    <message>
        <source>fits</source>
        <translation>可用</translation>
    </message>
    <message>
        <source>No folder with a model is known here: browse to one.</source>
        <translation>此处没有已知的模型文件夹：请浏览选择。</translation>
    </message>
</context>
<context>
    <name>OverlayBar</name>
    <message>
        <source>Overlay</source>
        <translation>叠加层</translation>
    </message>
    <message>
        <source>Colour map</source>
        <translation>颜色映射</translation>
    </message>
    <message>
        <source>Colour map of heat overlays; cividis is safe for colour-blind eyes</source>
        <translation>热力叠加层的颜色映射；cividis 对色觉障碍者友好</translation>
    </message>
    <message>
        <source>Overlay opacity</source>
        <translation>叠加层不透明度</translation>
    </message>
    <message>
        <source>&amp;Whole</source>
        <translation>完整(&amp;W)</translation>
    </message>
    <message>
        <source>Show the whole original image; what the model does not see is hatched. Off: the picture as the model sees it.</source>
        <translation>显示完整的原始图像；模型看不到的部分以阴影线表示。关闭时：显示模型所见的图像。</translation>
    </message>
    <message>
        <source>Whole original image</source>
        <translation>完整原始图像</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>适应</translation>
    </message>
    <message>
        <source>Fit the picture into the canvas (0, or double click)</source>
        <translation>使图像适应画布（0 或双击）</translation>
    </message>
    <message>
        <source>1:1</source>
        <translation>1:1</translation>
    </message>
    <message>
        <source>One image pixel on one screen pixel (1)</source>
        <translation>一个图像像素对应一个屏幕像素 (1)</translation>
    </message>
    <message>
        <source>Fit the picture</source>
        <translation>使图像适应窗口</translation>
    </message>
    <message>
        <source>One to one</source>
        <translation>一比一</translation>
    </message>
    <message>
        <source>Opacity of the overlay: %1 %</source>
        <translation>叠加层不透明度：%1 %</translation>
    </message>
    <message>
        <source>What is drawn over the picture (Ctrl+1 … Ctrl+9)</source>
        <translation>图像上绘制的内容 (Ctrl+1 … Ctrl+9)</translation>
    </message>
</context>
<context>
    <name>ParameterPanel</name>
    <message>
        <source>Options set outside this panel</source>
        <translation>在此面板之外设置的选项</translation>
    </message>
    <message>
        <source>other options</source>
        <translation>其他选项</translation>
    </message>
    <message>
        <source>Reset %1 to its default</source>
        <translation>将 %1 重置为默认值</translation>
    </message>
    <message>
        <source>Reset %1</source>
        <translation>重置%1</translation>
    </message>
    <message>
        <source>%1 slider</source>
        <translation>%1滑块</translation>
    </message>
    <message>
        <source>&amp;quantile</source>
        <translation>分位数(&amp;Q)</translation>
    </message>
    <message>
        <source>Take tau as a percentile of this image&apos;s similarities (q90 on the command line)</source>
        <translation>将 tau 作为此图像相似度的百分位（命令行中为 q90）</translation>
    </message>
    <message>
        <source>This model has no text tower that matches its vision tower.</source>
        <translation>此模型没有与其视觉塔匹配的文本塔。</translation>
    </message>
    <message>
        <source>Method %1 does not use this.</source>
        <translation>方法 %1 不使用此项。</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 / %2</translation>
    </message>
    <message>
        <source>Also set: %1 (&lt;a href=&apos;reset&apos;&gt;reset&lt;/a&gt;)</source>
        <translation>另有设置：%1（&lt;a href=&apos;reset&apos;&gt;重置&lt;/a&gt;）</translation>
    </message>
    <message>
        <source>--%1 of %2 tokens</source>
        <translation>--%1：%2 个令牌</translation>
    </message>
</context>
<context>
    <name>QuestionPanel</name>
    <message>
        <source>%1, padded to a square</source>
        <translation>%1，填充为正方形</translation>
    </message>
    <message>
        <source>%1, all seen</source>
        <translation>%1，全部可见</translation>
    </message>
    <message>
        <source>%1, crop: %2 % seen</source>
        <translation>%1，裁剪：可见 %2 %</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>&amp;Open…</source>
        <translation>打开(&amp;O)…</translation>
    </message>
    <message>
        <source>Open image</source>
        <translation>打开图像</translation>
    </message>
    <message>
        <source>Open an image (Ctrl+O); or drop one on the window</source>
        <translation>打开图像 (Ctrl+O)；或拖放到窗口上</translation>
    </message>
    <message>
        <source>Question</source>
        <translation>问题</translation>
    </message>
    <message>
        <source>Ask about the image</source>
        <translation>就图像提问</translation>
    </message>
    <message>
        <source>Question about the image; Enter asks it</source>
        <translation>关于图像的问题；按回车提问</translation>
    </message>
    <message>
        <source>R&amp;un</source>
        <translation>运行(&amp;U)</translation>
    </message>
    <message>
        <source>Decide and answer, pruned and unpruned (Ctrl+Return)</source>
        <translation>决定并回答，剪枝与不剪枝 (Ctrl+Return)</translation>
    </message>
    <message>
        <source>Sto&amp;p</source>
        <translation>停止(&amp;P)</translation>
    </message>
    <message>
        <source>Stop what runs (Esc)</source>
        <translation>停止正在进行的操作 (Esc)</translation>
    </message>
    <message>
        <source>No image</source>
        <translation>无图像</translation>
    </message>
    <message>
        <source>not read yet</source>
        <translation>尚未读取</translation>
    </message>
    <message>
        <source>Questions on this image</source>
        <translation>关于这幅图像的问题</translation>
    </message>
    <message>
        <source>Close this question</source>
        <translation>关闭这个问题</translation>
    </message>
    <message>
        <source>Close this question&apos;s tab (Ctrl+F4)</source>
        <translation>关闭这个问题的标签页（Ctrl+F4）</translation>
    </message>
    <message>
        <source>Another question</source>
        <translation>另一个问题</translation>
    </message>
    <message>
        <source>Another question on this image, in a tab of its own (Ctrl+T)</source>
        <translation>在新标签页中就这幅图像再提一个问题（Ctrl+T）</translation>
    </message>
    <message>
        <source>new</source>
        <translation>新</translation>
    </message>
</context>
<context>
    <name>QuestionTabs</name>
    <message>
        <source>%1: %2 (stale)</source>
        <translation>%1：%2（已过期）</translation>
    </message>
    <message>
        <source>Pruned</source>
        <translation>已剪枝</translation>
    </message>
    <message>
        <source>All tokens</source>
        <translation>全部词元</translation>
    </message>
</context>
<context>
    <name>Scrubber</name>
    <message>
        <source>%1 up, fine</source>
        <translation>%1 增大，微调</translation>
    </message>
    <message>
        <source>%1 up</source>
        <translation>%1 增大</translation>
    </message>
    <message>
        <source>%1 down, fine</source>
        <translation>%1 减小，微调</translation>
    </message>
    <message>
        <source>%1 down</source>
        <translation>%1 减小</translation>
    </message>
    <message>
        <source>Step of %1</source>
        <translation>步长 %1</translation>
    </message>
</context>
<context>
    <name>SessionModel</name>
    <message>
        <source>change of %1</source>
        <translation>更改%1</translation>
    </message>
    <message>
        <source>opening</source>
        <translation>正在打开</translation>
    </message>
    <message>
        <source>all tokens</source>
        <translation>全部词元</translation>
    </message>
    <message>
        <source>Loading model: %1</source>
        <translation>正在加载模型：%1</translation>
    </message>
    <message>
        <source>Deciding which tokens stay</source>
        <translation>正在决定保留哪些词元</translation>
    </message>
    <message>
        <source>Looking at the picture</source>
        <translation>正在查看图像</translation>
    </message>
    <message>
        <source>Answering with all tokens</source>
        <translation>正在用全部词元回答</translation>
    </message>
    <message>
        <source>Answering with the kept tokens</source>
        <translation>正在用保留的词元回答</translation>
    </message>
    <message>
        <source>Measuring: run %1 of %2</source>
        <translation>正在测量：第 %1 次，共 %2 次</translation>
    </message>
    <message>
        <source>Opening the trace</source>
        <translation>正在打开轨迹</translation>
    </message>
    <message>
        <source>Answering at one budget after the other, %1 %</source>
        <translation>正在逐个预算回答，%1 %</translation>
    </message>
</context>
<context>
    <name>StageChart</name>
    <message>
        <source>%1, shared</source>
        <translation>%1，共享</translation>
    </message>
    <message>
        <source>preprocess</source>
        <translation>预处理</translation>
    </message>
    <message>
        <source>vision</source>
        <translation>视觉</translation>
    </message>
    <message>
        <source>projector</source>
        <translation>投影</translation>
    </message>
    <message>
        <source>prune</source>
        <translation>剪枝</translation>
    </message>
    <message>
        <source>prefill</source>
        <translation>预填充</translation>
    </message>
    <message>
        <source>decode</source>
        <translation>解码</translation>
    </message>
    <message>
        <source>pruned</source>
        <translation>剪枝</translation>
    </message>
    <message>
        <source>all tokens</source>
        <translation>全部词元</translation>
    </message>
    <message>
        <source>Stage times of both runs</source>
        <translation>两次运行的各阶段用时</translation>
    </message>
    <message>
        <source>n/a</source>
        <translation>无</translation>
    </message>
    <message>
        <source>ms, median of %1; whiskers: quartiles</source>
        <translation>毫秒，%1 次的中位数；须线：四分位数</translation>
    </message>
    <message>
        <source>ms, one run each</source>
        <translation>毫秒，各运行一次</translation>
    </message>
    <message>
        <source> (quartiles %1 to %2)</source>
        <translation>（四分位数 %1 到 %2）</translation>
    </message>
</context>
<context>
    <name>TokenPanel</name>
    <message>
        <source>Why this token was kept or dropped</source>
        <translation>此词元被保留或丢弃的原因</translation>
    </message>
    <message>
        <source>No token</source>
        <translation>无词元</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>取消固定</translation>
    </message>
    <message>
        <source>Describe the token under the pointer again</source>
        <translation>重新描述指针下的令牌</translation>
    </message>
    <message>
        <source>What would change it</source>
        <translation>什么会改变它</translation>
    </message>
    <message>
        <source>Lines to partners</source>
        <translation>到伙伴的连线</translation>
    </message>
    <message>
        <source>From the pinned token to its nearest partners (E); solid: an edge at tau, dotted: below it</source>
        <translation>从固定的令牌到其最近的伙伴 (E)；实线：在 tau 处有边，点线：低于 tau</translation>
    </message>
    <message>
        <source>Numbers of this token</source>
        <translation>此令牌的数值</translation>
    </message>
</context>
<context>
    <name>prunescope</name>
    <message>
        <source>kept %1 (%2)</source>
        <translation>保留 %1（%2）</translation>
    </message>
    <message>
        <source>dropped %1 (%2)</source>
        <translation>丢弃 %1（%2）</translation>
    </message>
    <message>
        <source>Relevance r (Eq. 4)</source>
        <translation>相关性 r（式 4）</translation>
    </message>
    <message>
        <source>min-max per image; cosine %1 … %2</source>
        <translation>逐图最小-最大归一化；余弦 %1 … %2</translation>
    </message>
    <message>
        <source>less relevant</source>
        <translation>较不相关</translation>
    </message>
    <message>
        <source>more relevant</source>
        <translation>较相关</translation>
    </message>
    <message>
        <source>GSP redundancy score (Eq. 9)</source>
        <translation>GSP 冗余分数（式 9）</translation>
    </message>
    <message>
        <source>range held while the slider moves</source>
        <translation>滑块移动期间范围保持不变</translation>
    </message>
    <message>
        <source>range of this image, not normalised</source>
        <translation>此图像的范围，未归一化</translation>
    </message>
    <message>
        <source>less redundant</source>
        <translation>较不冗余</translation>
    </message>
    <message>
        <source>more redundant, dropped first</source>
        <translation>较冗余，先被丢弃</translation>
    </message>
    <message>
        <source>Local redundancy (8 neighbours)</source>
        <translation>局部冗余（8 邻居）</translation>
    </message>
    <message>
        <source>mean cosine; hatched: at or over tau</source>
        <translation>平均余弦；阴影线：不低于 tau</translation>
    </message>
    <message>
        <source>differs from its neighbours</source>
        <translation>与邻居不同</translation>
    </message>
    <message>
        <source>like its neighbours</source>
        <translation>与邻居相似</translation>
    </message>
    <message>
        <source>Greedy order of QCSP (Eq. 11)</source>
        <translation>QCSP 贪心顺序（式 11）</translation>
    </message>
    <message>
        <source>pick number, 1 = first; grey: never picked</source>
        <translation>选取序号，1 = 最先；灰色：从未选取</translation>
    </message>
    <message>
        <source>picked late</source>
        <translation>较晚选取</translation>
    </message>
    <message>
        <source>picked first</source>
        <translation>最先选取</translation>
    </message>
    <message>
        <source>Retained tokens</source>
        <translation>保留的词元</translation>
    </message>
    <message>
        <source>Relevance</source>
        <translation>相关性</translation>
    </message>
    <message>
        <source>GSP redundancy</source>
        <translation>GSP 冗余</translation>
    </message>
    <message>
        <source>Local redundancy</source>
        <translation>局部冗余</translation>
    </message>
    <message>
        <source>Greedy order</source>
        <translation>贪心顺序</translation>
    </message>
    <message>
        <source>Picture only</source>
        <translation>仅图像</translation>
    </message>
    <message>
        <source>outlined: kept; grey and dim: dropped</source>
        <translation>有轮廓：保留；灰暗：丢弃</translation>
    </message>
    <message>
        <source>method %1 does not compute it</source>
        <translation>方法 %1 不计算此项</translation>
    </message>
    <message>
        <source>&amp;Keep</source>
        <translation>保留数(&amp;K)</translation>
    </message>
    <message>
        <source>visual tokens</source>
        <translation>视觉词元</translation>
    </message>
    <message>
        <source>1 to all tokens of the image</source>
        <translation>1 至图像的全部词元</translation>
    </message>
    <message>
        <source>m = 192, 128, 64, 32 or 16 of 576</source>
        <translation>576 个中 m = 192、128、64、32 或 16</translation>
    </message>
    <message>
        <source>|S| = m</source>
        <translation>|S| = m</translation>
    </message>
    <message>
        <source>Budget: how many visual tokens reach the language model.</source>
        <translation>预算：进入语言模型的视觉词元数量。</translation>
    </message>
    <message>
        <source>&amp;Tau</source>
        <translation>&amp;Tau</translation>
    </message>
    <message>
        <source>cosine similarity</source>
        <translation>余弦相似度</translation>
    </message>
    <message>
        <source>0 to 1 here, -1 to 1 on the command line</source>
        <translation>此处 0 至 1，命令行中 -1 至 1</translation>
    </message>
    <message>
        <source>0.5 for the local map; open for GSP</source>
        <translation>局部图为 0.5；GSP 未给出</translation>
    </message>
    <message>
        <source>edge (i, j) if S&apos;&lt;sub&gt;ij&lt;/sub&gt; &amp;ge; tau (Eq. 8)</source>
        <translation>若 S&apos;&lt;sub&gt;ij&lt;/sub&gt; &amp;ge; tau，则有边 (i, j)（式 8）</translation>
    </message>
    <message>
        <source>Two tokens of opposite sides count as redundant partners from this similarity on.</source>
        <translation>两侧的两个词元从此相似度起视为冗余伙伴。</translation>
    </message>
    <message>
        <source>&amp;Gamma</source>
        <translation>&amp;Gamma</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>0 to 10</source>
        <translation>0 至 10</translation>
    </message>
    <message>
        <source>&quot;tunable&quot;; 1.0 in the released code</source>
        <translation>“可调”；发布的代码中为 1.0</translation>
    </message>
    <message>
        <source>score = degree &amp;middot; exp(gamma &amp;middot; mean similarity) (Eq. 9)</source>
        <translation>分数 = 度 &amp;middot; exp(gamma &amp;middot; 平均相似度)（式 9）</translation>
    </message>
    <message>
        <source>How much the mean similarity counts beside the number of partners; 0 leaves the degree alone.</source>
        <translation>平均相似度相对于伙伴数量的权重；0 表示只看度。</translation>
    </message>
    <message>
        <source>GSP &amp;ratio p</source>
        <translation>GSP 比例 &amp;p</translation>
    </message>
    <message>
        <source>share of all tokens</source>
        <translation>占全部词元的比例</translation>
    </message>
    <message>
        <source>0 to 0.95</source>
        <translation>0 至 0.95</translation>
    </message>
    <message>
        <source>open; 0.5 here</source>
        <translation>未给出；此处 0.5</translation>
    </message>
    <message>
        <source>|G| = clamp(n - floor(p n), m, n)</source>
        <translation>|G| = clamp(n - floor(p n), m, n)</translation>
    </message>
    <message>
        <source>Share of the tokens that GSP discards as redundant before QCSP has its say.</source>
        <translation>在 QCSP 选择之前，GSP 作为冗余丢弃的词元比例。</translation>
    </message>
    <message>
        <source>&amp;Fusion</source>
        <translation>融合(&amp;F)</translation>
    </message>
    <message>
        <source>walk, restrict, append, none</source>
        <translation>walk、restrict、append、none</translation>
    </message>
    <message>
        <source>intersection, then &quot;supplement from QCSP&quot;</source>
        <translation>取交集，然后“由 QCSP 补足”</translation>
    </message>
    <message>
        <source>S = first m of the greedy order that lie in G</source>
        <translation>S = 贪心顺序中位于 G 的前 m 个</translation>
    </message>
    <message>
        <source>walk: skip what GSP dropped; restrict: greedy on survivors only; append: fill with any later pick; none: QCSP alone.</source>
        <translation>walk：跳过 GSP 丢弃的；restrict：仅在幸存者上贪心；append：用之后的选取补足；none：仅 QCSP。</translation>
    </message>
    <message>
        <source>Relevance &amp;space</source>
        <translation>相关性空间(&amp;S)</translation>
    </message>
    <message>
        <source>auto, clip, llm</source>
        <translation>auto、clip、llm</translation>
    </message>
    <message>
        <source>language-model space in the text, CLIP in the code</source>
        <translation>论文中为语言模型空间，代码中为 CLIP</translation>
    </message>
    <message>
        <source>r&lt;sub&gt;i&lt;/sub&gt; = cos(h&lt;sub&gt;i&lt;/sub&gt;, h&lt;sub&gt;q&lt;/sub&gt;) (Eq. 4)</source>
        <translation>r&lt;sub&gt;i&lt;/sub&gt; = cos(h&lt;sub&gt;i&lt;/sub&gt;, h&lt;sub&gt;q&lt;/sub&gt;)（式 4）</translation>
    </message>
    <message>
        <source>Where question and patch are compared. clip needs a text tower that matches the vision tower.</source>
        <translation>比较问题与图块的空间。clip 需要与视觉塔匹配的文本塔。</translation>
    </message>
    <message>
        <source>Relevance sig&amp;n</source>
        <translation>相关性符号(&amp;N)</translation>
    </message>
    <message>
        <source>auto, +, -</source>
        <translation>auto、+、-</translation>
    </message>
    <message>
        <source>+ in the text, - in the released code</source>
        <translation>论文中为 +，发布的代码中为 -</translation>
    </message>
    <message>
        <source>r &amp;rarr; &amp;plusmn;r before min-max</source>
        <translation>最小-最大归一化之前 r &amp;rarr; &amp;plusmn;r</translation>
    </message>
    <message>
        <source>Which end of the cosine means relevant; auto follows the model&apos;s calibration.</source>
        <translation>余弦的哪一端表示相关；auto 遵循模型的标定。</translation>
    </message>
    <message>
        <source>&amp;Method</source>
        <translation>方法(&amp;M)</translation>
    </message>
    <message>
        <source>see the list</source>
        <translation>见列表</translation>
    </message>
    <message>
        <source>script (GSP and QCSP together)</source>
        <translation>script（GSP 与 QCSP 结合）</translation>
    </message>
    <message>
        <source>S = GSP &amp;cap; QCSP</source>
        <translation>S = GSP &amp;cap; QCSP</translation>
    </message>
    <message>
        <source>Which rule decides what reaches the language model.</source>
        <translation>决定哪些词元进入语言模型的规则。</translation>
    </message>
    <message>
        <source>Unit: %1&lt;br&gt;</source>
        <translation>单位：%1&lt;br&gt;</translation>
    </message>
    <message>
        <source>Range: %1&lt;br&gt;</source>
        <translation>范围：%1&lt;br&gt;</translation>
    </message>
    <message>
        <source>Paper: %1&lt;br&gt;</source>
        <translation>论文：%1&lt;br&gt;</translation>
    </message>
    <message>
        <source>Equation: %1&lt;/p&gt;</source>
        <translation>公式：%1&lt;/p&gt;</translation>
    </message>
    <message>
        <source>&lt;p&gt;Keys on the canvas: &lt;b&gt;%1&lt;/b&gt;, with Alt finer. Wheel or drag on the slider, with Shift finer.&lt;/p&gt;</source>
        <translation>&lt;p&gt;画布上的按键：&lt;b&gt;%1&lt;/b&gt;，按住 Alt 更精细。在滑块上滚动或拖动，按住 Shift 更精细。&lt;/p&gt;</translation>
    </message>
    <message>
        <source>pick %1, gain %2</source>
        <translation>选取 %1，增益 %2</translation>
    </message>
    <message>
        <source>Kept by QCSP: %1.</source>
        <translation>由 QCSP 保留：%1。</translation>
    </message>
    <message>
        <source>Kept by method %1.</source>
        <translation>由方法 %1 保留。</translation>
    </message>
    <message>
        <source>Dropped by GSP: among the %1 most redundant of %2 (rank %3, score %4).</source>
        <translation>由 GSP 丢弃：属于 %2 个中最冗余的 %1 个（排名 %3，分数 %4）。</translation>
    </message>
    <message>
        <source>Dropped: QCSP %1, after the budget of %2 was full.</source>
        <translation>已丢弃：QCSP %1，预算 %2 已满之后。</translation>
    </message>
    <message>
        <source>Dropped: the budget of %1 was full before its turn.</source>
        <translation>已丢弃：轮到它之前预算 %1 已满。</translation>
    </message>
    <message>
        <source>Token %1 · row %2, column %3</source>
        <translation>词元 %1 · 行 %2，列 %3</translation>
    </message>
    <message>
        <source>kept</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>kept: forced by hand</source>
        <translation>保留：手动强制</translation>
    </message>
    <message>
        <source>dropped: forced by hand</source>
        <translation>丢弃：手动强制</translation>
    </message>
    <message>
        <source>kept: fills the budget</source>
        <translation>保留：填满预算</translation>
    </message>
    <message>
        <source>dropped</source>
        <translation>丢弃</translation>
    </message>
    <message>
        <source>dropped: redundant (GSP)</source>
        <translation>丢弃：冗余 (GSP)</translation>
    </message>
    <message>
        <source>dropped: not chosen (QCSP)</source>
        <translation>丢弃：未被选中 (QCSP)</translation>
    </message>
    <message>
        <source>dropped: budget full</source>
        <translation>丢弃：预算已满</translation>
    </message>
    <message>
        <source>kept by the method</source>
        <translation>由方法保留</translation>
    </message>
    <message>
        <source>dropped by the method</source>
        <translation>由方法丢弃</translation>
    </message>
    <message>
        <source>Kept because it was forced by hand.</source>
        <translation>因手动强制而保留。</translation>
    </message>
    <message>
        <source>Dropped because it was forced by hand.</source>
        <translation>因手动强制而丢弃。</translation>
    </message>
    <message>
        <source>Kept to fill the budget after the greedy order ended.</source>
        <translation>贪心顺序结束后为填满预算而保留。</translation>
    </message>
    <message>
        <source>Dropped by QCSP: the greedy order never reached it; others say the same or matter more.</source>
        <translation>由 QCSP 丢弃：贪心顺序未到达它；其他词元表达相同内容或更重要。</translation>
    </message>
    <message>
        <source>Dropped by QCSP: %1, too late for a budget of %2.</source>
        <translation>由 QCSP 丢弃：%1，对预算 %2 来说太晚。</translation>
    </message>
    <message>
        <source>Dropped by method %1.</source>
        <translation>由方法 %1 丢弃。</translation>
    </message>
    <message>
        <source>padding only</source>
        <translation>仅为填充</translation>
    </message>
    <message>
        <source>pixels</source>
        <translation>像素</translation>
    </message>
    <message>
        <source>local redundancy</source>
        <translation>局部冗余</translation>
    </message>
    <message>
        <source>relevance (cosine)</source>
        <translation>相关性（余弦）</translation>
    </message>
    <message>
        <source>edges at tau</source>
        <translation>tau 处的边数</translation>
    </message>
    <message>
        <source>mean similarity</source>
        <translation>平均相似度</translation>
    </message>
    <message>
        <source>GSP score (Eq. 9)</source>
        <translation>GSP 分数（式 9）</translation>
    </message>
    <message>
        <source>GSP rank (cut)</source>
        <translation>GSP 排名（截止）</translation>
    </message>
    <message>
        <source>%1 of %2 (%3)</source>
        <translation>%1 / %2（%3）</translation>
    </message>
    <message>
        <source>QCSP pick</source>
        <translation>QCSP 选取</translation>
    </message>
    <message>
        <source>gain at pick</source>
        <translation>选取时的增益</translation>
    </message>
    <message>
        <source>System</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>measured</source>
        <translation>实测</translation>
    </message>
    <message>
        <source>computed</source>
        <translation>计算值</translation>
    </message>
    <message>
        <source>First token</source>
        <translation>首个词元</translation>
    </message>
    <message>
        <source>From the request to the first generated token; the vision pass, which both runs share, counts in both.</source>
        <translation>从请求到生成首个词元；两次运行共享的视觉过程都计入。</translation>
    </message>
    <message>
        <source>Per token</source>
        <translation>每个词元</translation>
    </message>
    <message>
        <source>Mean time of a generated token after the first.</source>
        <translation>首个词元之后每个生成词元的平均时间。</translation>
    </message>
    <message>
        <source>Total</source>
        <translation>总计</translation>
    </message>
    <message>
        <source>Wall time of the run; the vision pass, which both runs share, counts in both.</source>
        <translation>运行的实际时间；两次运行共享的视觉过程都计入。</translation>
    </message>
    <message>
        <source>KV cache</source>
        <translation>KV 缓存</translation>
    </message>
    <message>
        <source>Bytes of the cache in use at the end of the run.</source>
        <translation>运行结束时使用中的缓存字节数。</translation>
    </message>
    <message>
        <source>Multiply-adds</source>
        <translation>乘加次数</translation>
    </message>
    <message>
        <source>Vision tower, projector and language model, from the model&apos;s shape.</source>
        <translation>视觉塔、投影器和语言模型，根据模型形状计算。</translation>
    </message>
    <message>
        <source>2 · layers · kv heads · head size · positions · bytes per number.</source>
        <translation>2 · 层数 · kv 头数 · 头大小 · 位置数 · 每个数的字节数。</translation>
    </message>
    <message>
        <source>about %1 s left</source>
        <translation>约剩 %1 秒</translation>
    </message>
    <message>
        <source>about %1 min left</source>
        <translation>约剩 %1 分钟</translation>
    </message>
    <message>
        <source>paper style: dropped under 65 % white</source>
        <translation>论文样式：丢弃者覆以 65 % 白色</translation>
    </message>
    <message>
        <source>paper style, jet; %1</source>
        <translation>论文样式，jet；%1</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <translation>%1，%2</translation>
    </message>
    <message>
        <source>only A %1</source>
        <translation>仅 A %1</translation>
    </message>
    <message>
        <source>both %1</source>
        <translation>两者 %1</translation>
    </message>
    <message>
        <source>only B %1</source>
        <translation>仅 B %1</translation>
    </message>
    <message>
        <source>neither %1</source>
        <translation>皆无 %1</translation>
    </message>
    <message>
        <source>Survival: smallest budget that keeps the token</source>
        <translation>存留：保留该令牌的最小预算</translation>
    </message>
    <message>
        <source>log scale; may drop out again</source>
        <translation>对数刻度；可能再次被丢弃</translation>
    </message>
    <message>
        <source>log scale; grey: never</source>
        <translation>对数刻度；灰色：从不</translation>
    </message>
    <message>
        <source>log scale; grey: not up to %1</source>
        <translation>对数刻度；灰色：至 %1 仍未保留</translation>
    </message>
    <message>
        <source>enters late</source>
        <translation>较晚进入</translation>
    </message>
    <message>
        <source>enters first</source>
        <translation>最先进入</translation>
    </message>
    <message>
        <source>Redundant over tau (GSP)</source>
        <translation>随 tau 的冗余 (GSP)</translation>
    </message>
    <message>
        <source>share of tau in [0, 1] at which GSP discards it</source>
        <translation>[0, 1] 中 GSP 丢弃它的 tau 所占比例</translation>
    </message>
    <message>
        <source>never redundant</source>
        <translation>从不冗余</translation>
    </message>
    <message>
        <source>at every tau</source>
        <translation>任何 tau 下</translation>
    </message>
    <message>
        <source>being worked out</source>
        <translation>正在计算</translation>
    </message>
    <message>
        <source>Survival (budget)</source>
        <translation>存留（预算）</translation>
    </message>
    <message>
        <source>Survival (tau)</source>
        <translation>存留 (tau)</translation>
    </message>
    <message>
        <source>A against B</source>
        <translation>A 对 B</translation>
    </message>
    <message>
        <source>Difference B - A</source>
        <translation>差 B - A</translation>
    </message>
    <message>
        <source>outlined: kept; dim: dropped; tick or cross: by hand, %1</source>
        <translation>描边：保留；变暗：丢弃；勾或叉：手动，%1 个</translation>
    </message>
    <message>
        <source>Redundancy (GSP, Eq. 8-9)</source>
        <translation>冗余 (GSP，式 8-9)</translation>
    </message>
    <message>
        <source>edges at tau %1</source>
        <translation>tau %1 处的边数</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 / %2</translation>
    </message>
    <message>
        <source>mean similarity (cosine)</source>
        <translation>平均相似度（余弦）</translation>
    </message>
    <message>
        <source>score at gamma %1</source>
        <translation>gamma %1 下的分数</translation>
    </message>
    <message>
        <source>rank, 1 = most redundant</source>
        <translation>名次，1 = 最冗余</translation>
    </message>
    <message>
        <source>discarded ranks</source>
        <translation>被丢弃的名次</translation>
    </message>
    <message>
        <source>1 to %1</source>
        <translation>1 至 %1</translation>
    </message>
    <message>
        <source>cut: discarded from</source>
        <translation>界限：丢弃起于</translation>
    </message>
    <message>
        <source>cut: let through up to</source>
        <translation>界限：通过至多</translation>
    </message>
    <message>
        <source>#%1, %2%3</source>
        <translation>#%1，%2%3</translation>
    </message>
    <message>
        <source>, edge</source>
        <translation>，有边</translation>
    </message>
    <message>
        <source>Relevance (Eq. 4)</source>
        <translation>相关度 (式 4)</translation>
    </message>
    <message>
        <source>raw (signed cosine)</source>
        <translation>原始值（带符号余弦）</translation>
    </message>
    <message>
        <source>of this image, least to most</source>
        <translation>此图像中，最小至最大</translation>
    </message>
    <message>
        <source>%1
to %2</source>
        <translation>%1
至 %2</translation>
    </message>
    <message>
        <source>scaled (min-max, floor, power)</source>
        <translation>缩放后（min-max、下限、幂）</translation>
    </message>
    <message>
        <source>Greedy selection (QCSP, Eq. 11)</source>
        <translation>贪心选择 (QCSP，式 11)</translation>
    </message>
    <message>
        <source>pick</source>
        <translation>选取序号</translation>
    </message>
    <message>
        <source>not in %1 picks</source>
        <translation>%1 次选取中未选</translation>
    </message>
    <message>
        <source>gain at its pick (w^2 d^2)</source>
        <translation>选取时的增益 (w^2 d^2)</translation>
    </message>
    <message>
        <source>weight w</source>
        <translation>权重 w</translation>
    </message>
    <message>
        <source>explained by %1 earlier picks</source>
        <translation>由先前 %1 次选取解释</translation>
    </message>
    <message>
        <source>own part left (d^2)</source>
        <translation>剩余的自身部分 (d^2)</translation>
    </message>
    <message>
        <source>Explained by (share e^2)</source>
        <translation>由谁解释（份额 e^2）</translation>
    </message>
    <message>
        <source>#%1, pick %2, %3</source>
        <translation>#%1，第 %2 次选取，%3</translation>
    </message>
    <message>
        <source>Survival, other knobs as set</source>
        <translation>存留，其他参数不变</translation>
    </message>
    <message>
        <source>kept from budget</source>
        <translation>自此预算起保留</translation>
    </message>
    <message>
        <source>not up to %1</source>
        <translation>至 %1 仍未保留</translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <translation>%1 至 %2</translation>
    </message>
    <message>
        <source>and %1 more</source>
        <translation>另有 %1 个</translation>
    </message>
    <message>
        <source>redundant at tau</source>
        <translation>在此 tau 冗余</translation>
    </message>
    <message>
        <source>never</source>
        <translation>从不</translation>
    </message>
    <message>
        <source>budget</source>
        <translation>预算</translation>
    </message>
    <message>
        <source>tau</source>
        <translation>tau</translation>
    </message>
    <message>
        <source>p</source>
        <translation>p</translation>
    </message>
    <message>
        <source>%1 &gt;= %2</source>
        <translation>%1 &gt;= %2</translation>
    </message>
    <message>
        <source>%1 &lt;= %2</source>
        <translation>%1 &lt;= %2</translation>
    </message>
    <message>
        <source>%1 %2 to %3</source>
        <translation>%1 %2 至 %3</translation>
    </message>
    <message>
        <source>Nearest partners, other side (cosine)</source>
        <translation>另一侧最近的伙伴（余弦）</translation>
    </message>
    <message>
        <source>Nearest tokens (cosine)</source>
        <translation>最近的令牌（余弦）</translation>
    </message>
    <message>
        <source>No budget, tau or p alone would change that.</source>
        <translation>单独改变预算、tau 或 p 都不会改变结果。</translation>
    </message>
    <message>
        <source> or </source>
        <translation> 或 </translation>
    </message>
    <message>
        <source>Kept if %1.</source>
        <translation>若 %1 则保留。</translation>
    </message>
    <message>
        <source>Dropped if %1.</source>
        <translation>若 %1 则丢弃。</translation>
    </message>
    <message>
        <source>&amp;Pin as A</source>
        <translation>固定为 A(&amp;P)</translation>
    </message>
    <message>
        <source>Keep this state, to compare what comes with it</source>
        <translation>保留此状态，与之后的状态对比</translation>
    </message>
    <message>
        <source>&amp;End comparison</source>
        <translation>结束对比(&amp;E)</translation>
    </message>
    <message>
        <source>Forget A</source>
        <translation>忘记 A</translation>
    </message>
    <message>
        <source>Kept by &amp;whom</source>
        <translation>谁保留(&amp;W)</translation>
    </message>
    <message>
        <source>Only A, both, only B, neither</source>
        <translation>仅 A、两者、仅 B、皆无</translation>
    </message>
    <message>
        <source>Score &amp;difference</source>
        <translation>分数之差(&amp;D)</translation>
    </message>
    <message>
        <source>Scores of B minus scores of A</source>
        <translation>B 的分数减 A 的分数</translation>
    </message>
    <message>
        <source>W&amp;ipe</source>
        <translation>划分对比(&amp;I)</translation>
    </message>
    <message>
        <source>A on the left of a handle, B on its right</source>
        <translation>手柄左侧为 A，右侧为 B</translation>
    </message>
    <message>
        <source>&amp;Flicker</source>
        <translation>闪烁对比(&amp;F)</translation>
    </message>
    <message>
        <source>A and B in turn, in the same place</source>
        <translation>A 与 B 在同一位置交替</translation>
    </message>
    <message>
        <source>Kept by A and by B (now)</source>
        <translation>A 与 B（现在）各自保留的</translation>
    </message>
    <message>
        <source>IoU %1: both / (only A + both + only B)</source>
        <translation>IoU %1：共同 /（仅 A + 共同 + 仅 B）</translation>
    </message>
    <message>
        <source>%1: B - A</source>
        <translation>%1：B - A</translation>
    </message>
    <message>
        <source>one of the methods does not compute it</source>
        <translation>其中一种方法不计算它</translation>
    </message>
    <message>
        <source>more in A</source>
        <translation>A 中更大</translation>
    </message>
    <message>
        <source>more in B</source>
        <translation>B 中更大</translation>
    </message>
    <message>
        <source>; Spearman&apos;s rho %1</source>
        <translation>；Spearman 相关系数 %1</translation>
    </message>
    <message>
        <source>%1, centred at 0%2</source>
        <translation>%1，以 0 为中心%2</translation>
    </message>
    <message>
        <source>one range for A and B, not normalised</source>
        <translation>A 和 B 用同一范围，未归一化</translation>
    </message>
    <message>
        <source>Relevance, scaled</source>
        <translation>相关性（缩放后）</translation>
    </message>
    <message>
        <source>Relevance, cosine</source>
        <translation>相关性（余弦）</translation>
    </message>
    <message>
        <source>GSP score</source>
        <translation>GSP 得分</translation>
    </message>
    <message>
        <source>Mean similarity</source>
        <translation>平均相似度</translation>
    </message>
    <message>
        <source>Edges at tau</source>
        <translation>tau 处的边数</translation>
    </message>
    <message>
        <source>Gain at pick</source>
        <translation>选取时的增益</translation>
    </message>
    <message>
        <source>as they are</source>
        <translation>原值</translation>
    </message>
    <message>
        <source>each min-max</source>
        <translation>各自最小-最大</translation>
    </message>
    <message>
        <source>ranks 0 to 1</source>
        <translation>名次 0 到 1</translation>
    </message>
    <message>
        <source>“%1”</source>
        <translation>“%1”</translation>
    </message>
    <message>
        <source>cosine, range of this image; mean of %1 tokens</source>
        <translation>余弦，本图像的范围；%1 个词元的平均</translation>
    </message>
    <message>
        <source>more for %1</source>
        <translation>更偏向%1</translation>
    </message>
    <message>
        <source>Peak memory</source>
        <translation>峰值内存</translation>
    </message>
    <message>
        <source>Highest resident size of this whole process during a run, the window included: the kernel&apos;s high-water mark, set back before each run of a measurement; the largest of the repeats.</source>
        <translation>一次运行中整个进程（含窗口）的最大驻留内存：内核的高水位标记，测量的每次运行前清零；取各次重复中的最大值。</translation>
    </message>
    <message>
        <source>Weights and KV</source>
        <translation>权重与 KV</translation>
    </message>
    <message>
        <source>Parameters times bytes each, and the KV cache: what must be in memory. Activations, libraries and the window come on top.</source>
        <translation>参数个数乘以每个的字节数，加上 KV 缓存：内存中必须有的部分。激活、库和窗口另计。</translation>
    </message>
    <message>
        <source>Computed from measured medians: the pruner takes %1; prefill and decoding of the unpruned answer&apos;s length take %2 less with %3 of %4 tokens, taken as a straight line, %5 for each token left out. The pruner is taken to cost the same at every budget.</source>
        <translation>由测得的中位数计算：剪枝器耗时 %1；在 %4 个词元中保留 %3 个时，预填充和解码（按未剪枝回答的长度）少用 %2，按直线计算，每去掉一个词元省 %5。假定剪枝器在任何预算下耗时相同。</translation>
    </message>
    <message>
        <source>Pruning pays up to a budget of %1 of %2 tokens (computed from measured).</source>
        <translation>预算不超过 %1（共 %2 个词元）时剪枝划算（由测量值计算）。</translation>
    </message>
    <message>
        <source>Pruning saves no time here: leaving tokens out was not quicker (measured).</source>
        <translation>这里剪枝不省时间：去掉词元并没有更快（测得）。</translation>
    </message>
    <message>
        <source>Medians of prefill and decoding, at the unpruned answer&apos;s length, are not smaller with %1 of %2 tokens.</source>
        <translation>在 %2 个词元中保留 %1 个时，预填充和解码的中位数（按未剪枝回答的长度）并不更小。</translation>
    </message>
    <message>
        <source>Pruning pays at no budget here: the pruner takes longer than all that can be saved (computed from measured).</source>
        <translation>这里任何预算下剪枝都不划算：剪枝器耗时超过所能节省的全部时间（由测量值计算）。</translation>
    </message>
    <message>
        <source>&amp;New question</source>
        <translation>新问题(&amp;N)</translation>
    </message>
    <message>
        <source>Another question on this image, in a tab of its own</source>
        <translation>在新标签页中就这幅图像再提一个问题</translation>
    </message>
    <message>
        <source>&amp;Close question</source>
        <translation>关闭问题(&amp;C)</translation>
    </message>
    <message>
        <source>Close this question&apos;s tab</source>
        <translation>关闭这个问题的标签页</translation>
    </message>
    <message>
        <source>Ne&amp;xt question</source>
        <translation>下一个问题(&amp;X)</translation>
    </message>
    <message>
        <source>Show the next question&apos;s tab</source>
        <translation>显示下一个问题的标签页</translation>
    </message>
    <message>
        <source>Pre&amp;vious question</source>
        <translation>上一个问题(&amp;V)</translation>
    </message>
    <message>
        <source>Show the tab before</source>
        <translation>显示前一个标签页</translation>
    </message>
    <message>
        <source>Next &amp;word</source>
        <translation>下一个词(&amp;W)</translation>
    </message>
    <message>
        <source>Relevance of the next word of the question</source>
        <translation>问题中下一个词的相关性</translation>
    </message>
    <message>
        <source>Previous w&amp;ord</source>
        <translation>上一个词(&amp;O)</translation>
    </message>
    <message>
        <source>Relevance of the word before</source>
        <translation>前一个词的相关性</translation>
    </message>
    <message>
        <source>Relevance of “%1” alone</source>
        <translation>仅“%1”的相关性</translation>
    </message>
    <message>
        <source>cosine, range of this image; 1 token</source>
        <translation>余弦，本图像的范围；1 个词元</translation>
    </message>
    <message>
        <source>Difference of relevance</source>
        <translation>相关性之差</translation>
    </message>
    <message>
        <source>difference of cosines, centred at 0</source>
        <translation>余弦之差，以 0 为中心</translation>
    </message>
    <message>
        <source>Word relevance</source>
        <translation>单词相关性</translation>
    </message>
    <message>
        <source>Two questions</source>
        <translation>两个问题</translation>
    </message>
</context>
</TS>
